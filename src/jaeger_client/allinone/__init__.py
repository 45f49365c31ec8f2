"""
The development backend: receives what is sent over the wire and shows it.

Needs the extra `allinone`. It shares no code with the client's encoders, so that it
shows what other receivers see.
"""
