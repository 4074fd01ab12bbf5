"""Who may ask, and for how much: keys and tokens, scopes, quotas, failures, and which web pages may call."""
