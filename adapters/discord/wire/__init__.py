"""The connection to Discord: the client, the gateway, and calls that are tried again."""
