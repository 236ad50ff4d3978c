"""What a user of AWS may have set, and what nothing here may hear of."""

from __future__ import annotations

USERS = {
    "AWS_PROFILE": "private",
    "AWS_ACCESS_KEY_ID": "AKIAUSER",
    "AWS_ENDPOINT_URL_SQS": "https://example.com",
    "BOTO_CONFIG": "boto.cfg",
    "HTTPS_PROXY": "http://proxy.example.com",
}
