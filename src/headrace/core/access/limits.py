"""Quotas of roles and policies (docs.aws.amazon.com/IAM, "IAM and AWS STS quotas")."""

#: Characters of a role's trust policy, white space not counted.
TRUST_POLICY_CHARACTERS_MAX = 2_048
#: Characters of all inline policies of a role together, white space not counted.
INLINE_POLICIES_CHARACTERS_MAX = 10_240
#: Characters of a managed policy, white space not counted.
MANAGED_POLICY_CHARACTERS_MAX = 6_144
#: Managed policies that are attached to one role.
ATTACHED_MAX = 10
#: Versions of one managed policy.
VERSIONS_MAX = 5
#: Tags of a role or policy.
TAGS_MAX = 50
#: Roles, and managed policies, of one account.
ROLES_MAX = 1_000
POLICIES_MAX = 1_500
#: How long a session lasts where a role does not say, in seconds.
SESSION_S = 3_600
