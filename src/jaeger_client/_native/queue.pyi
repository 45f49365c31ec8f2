from jaeger_client.reporter.queue import SpanQueue as SpanQueue
from jaeger_client.reporter.queue import SpanReceiver as SpanReceiver
