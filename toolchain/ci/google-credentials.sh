#!/bin/sh
# google-credentials.sh TOKEN_FILE: prints the configuration by which Google's libraries trade a token that GitLab signed for
# one of $GOOGLE_SERVICE_ACCOUNT: https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines
# It holds no secret; $GOOGLE_IDENTITY_PROVIDER is projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/NAME.
set -eu
cat <<JSON
{
  "type": "external_account",
  "audience": "//iam.googleapis.com/${GOOGLE_IDENTITY_PROVIDER:?names the workload identity provider}",
  "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
  "token_url": "https://sts.googleapis.com/v1/token",
  "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${GOOGLE_SERVICE_ACCOUNT:?names the service account}:generateAccessToken",
  "credential_source": {"file": "$1", "format": {"type": "text"}}
}
JSON
