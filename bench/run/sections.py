"""What is measured, in the order of the table. Each section yields Rows."""
from inner import durable, growth, parsing
from launching import cloud_calls, cold, herd
from living import idle, waiting
from serving import hostile, kept, warm

ALL = {f.__name__: f for f in (warm, kept, hostile, cold, herd, waiting, idle, cloud_calls, durable,
                               growth, parsing)}
