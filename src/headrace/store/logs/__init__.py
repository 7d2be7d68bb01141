"""Events of log groups as files or in memory."""
