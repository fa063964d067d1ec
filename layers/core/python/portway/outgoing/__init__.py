"""The only home of connections that are not AWS: to addresses that an operator configured, and to no others."""
