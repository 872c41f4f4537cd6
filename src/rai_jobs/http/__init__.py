"""What HTTP needs beside the gateway: identity, answers, error mapping. Knows no job rules."""
