from jaeger_client._internal.scopes import ContextScope as ContextScope
from jaeger_client._internal.scopes import ContextScopeManager as ContextScopeManager
