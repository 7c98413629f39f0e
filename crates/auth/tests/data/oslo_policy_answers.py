"""Asks oslo.policy about random checks: `python3 oslo_policy_answers.py > oslo_policy_answers.txt`.

Needs the package oslo.policy. A line holds one answer for each pair of credentials and target, in
that order, then the check. Left out is what Besser answers differently on purpose: negated unknown
names, and equality of two attributes without a value.
"""

import json
import random
import warnings

from oslo_config import cfg
from oslo_policy import policy

warnings.simplefilter("ignore")
random.seed(20261120)

CREDENTIALS = [
    {"user_id": "u1", "project_id": "p1", "domain_id": None, "system_scope": None, "is_admin": False,
     "is_admin_project": True, "roles": ["member", "reader"], "service_roles": ["service"]},
    {"user_id": "u2", "project_id": None, "domain_id": "d1", "system_scope": None, "is_admin": True,
     "is_admin_project": True, "roles": ["Admin", "manager", "member", "reader"], "service_roles": []},
    {"user_id": "u3", "project_id": None, "domain_id": None, "system_scope": "all", "is_admin": False,
     "is_admin_project": False, "roles": [], "service_roles": []},
]
TARGETS = [
    {"project_id": "p1", "user_id": "u2", "target.flag": True, "target.count": 42,
     "target.domain_id": "d1", "target.role": "reader", "target.rest": "1"},
    {"project_id": "p2", "target.flag": False, "target.nothing": None, "target.role": "admin"},
]
RULES = {"own": "project_id:%(project_id)s", "op": "role:admin or (rule:own and role:member)"}
CHECKS = [
    "role:admin", "role:MEMBER", "role:reader", "role:%(target.role)s", "role:%%", "rule:own", "rule:op",
    "user_id:%(user_id)s", "user_id:u1", "user_id:u%(target.rest)s", "project_id:%(project_id)s",
    "project_id:p%%1", "domain_id:%(target.domain_id)s", "domain_id:None", "system_scope:all",
    "is_admin:True", "is_admin:False", "is_admin_project:True", "service_roles:service", "roles:reader",
    "True:%(target.flag)s", "False:%(target.flag)s", "None:%(target.nothing)s", "42:%(target.count)s",
    "'d1':%(target.domain_id)s", "\"reader\":%(target.role)s", "'text':text", "@", "!",
]


def check(depth):
    kind = random.random()
    if depth == 0 or kind < 0.3:
        return random.choice(CHECKS)
    if kind < 0.45:
        return f"{random.choice(['not', 'NOT'])} {operand(depth - 1)}"
    word = random.choice(["and", "or", "AND", "Or"])
    return f" {word} ".join(operand(depth - 1) for _ in range(random.randint(2, 3)))


def operand(depth):
    inner = check(depth)
    bare = " " not in inner or random.random() < 0.3
    return inner if bare else f"({inner})" if random.random() < 0.5 else f"( {inner} )"


def main():
    conf = cfg.ConfigOpts()
    conf([], project="besser")
    enforcer = policy.Enforcer(conf, use_conf=False)
    checks = list(CHECKS) + [check(4) for _ in range(400)]
    for number, text in enumerate(dict.fromkeys(checks)):
        enforcer.set_rules(policy.Rules.from_dict({**RULES, "asked": text}))
        answers = [
            "1" if enforcer.enforce("asked", dict(target), dict(credentials)) else "0"
            for credentials in CREDENTIALS
            for target in TARGETS
        ]
        print("".join(answers), text)


if __name__ == "__main__":
    main()
