"""Portway: decides, signs and remembers uploads that go straight to S3; looks at every file before anybody reads it."""
