r"""
Records in `expected.json` what opentracing_instrumentation 3.3.1 makes of `program.py`.

Run it on Python 3.8 in an environment with the packages of that time:

    pip install opentracing_instrumentation==3.3.1 jaeger-client==4.8.0 'tornado<6' \
        'opentracing==2.4.0' requests 'urllib3<2' 'redis<4' 'sqlalchemy<1.4' boto3 \
        'celery<5' psycopg2-binary PyMySQL setuptools six
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

if __name__ == "__main__":
    found = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "program.py")],
        stdout=subprocess.PIPE,
        check=True,
    )
    (HERE / "expected.json").write_bytes(found.stdout)
