# The compiled functions have the signatures of their twins.

from jaeger_client.codecs.headers import own_headers as own_headers
from jaeger_client.codecs.headers import percent_decoded as percent_decoded
from jaeger_client.codecs.headers import percent_encoded as percent_encoded
from jaeger_client.codecs.headers import plus_decoded as plus_decoded
from jaeger_client.codecs.items import bounded as bounded
from jaeger_client.codecs.items import can_be_sent as can_be_sent
from jaeger_client.codecs.items import header_value as header_value
from jaeger_client.codecs.text import TextCodec
from jaeger_client.codecs.trace_id import id_texts as id_texts
from jaeger_client.codecs.trace_id import ids_text as ids_text
from jaeger_client.codecs.trace_id import read_context as read_context
from jaeger_client.codecs.trace_id import read_fields as read_fields
from jaeger_client.codecs.traceparent import read_parent as read_parent

def adopt_text_codec(codec: type[TextCodec]) -> None: ...
