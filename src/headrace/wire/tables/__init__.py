"""Operations and shapes of the served APIs, as rows (generated from botocore)."""
