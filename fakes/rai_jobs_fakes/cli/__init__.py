"""The command line, `python -m rai_jobs_fakes`: one file a command, each of them thin."""
