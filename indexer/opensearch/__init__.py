"""The same stores in an OpenSearch cluster: connection, writing, publishing, live facts, audit."""
