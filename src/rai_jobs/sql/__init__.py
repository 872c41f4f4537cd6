"""What SQL needs beside the gateway: statements, an executor, error mapping. Knows no job rules."""
