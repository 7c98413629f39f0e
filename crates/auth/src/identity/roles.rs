//! Roles and the roles that they imply.

/// May do everything, everywhere.
pub const ADMIN: &str = "admin";
/// May manage a domain or a project and its members.
pub const MANAGER: &str = "manager";
/// May use a project.
pub const MEMBER: &str = "member";
/// May look.
pub const READER: &str = "reader";
/// Marks a service that acts for users; implies nothing.
pub const SERVICE: &str = "service";

/// The roles that every identity starts with.
pub const BUILT_IN_ROLES: [&str; 5] = [ADMIN, MANAGER, MEMBER, READER, SERVICE];

/// What each role implies directly, as `keystone-manage bootstrap` sets it up.
const IMPLICATIONS: [(&str, &str); 3] = [(ADMIN, MANAGER), (MANAGER, MEMBER), (MEMBER, READER)];

/// These roles and all that they imply, each once: the given ones first, in their order.
#[must_use]
pub fn expand<'a>(roles: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut expanded: Vec<&str> = Vec::new();
    for role in roles {
        add(&mut expanded, role);
    }
    // Implied roles are appended, so this loop also reaches what those imply.
    let mut next = 0;
    while let Some(&role) = expanded.get(next) {
        for (_, implied) in IMPLICATIONS.iter().filter(|(prior, _)| is(prior, role)) {
            add(&mut expanded, implied);
        }
        next += 1;
    }
    expanded
}

/// The roles that an application credential gives: those that it was made with and what they imply,
/// as far as its user still holds them. `held` is expanded.
#[must_use]
pub fn delegated_roles<'a>(
    granted: impl IntoIterator<Item = &'a str>,
    held: &[impl AsRef<str>],
) -> Vec<&'a str> {
    let mut roles = expand(granted);
    roles.retain(|role| holds(held, role));
    roles
}

/// The roles among `wanted` that cannot be delegated because the user does not hold them. `held` is
/// expanded.
#[must_use]
pub fn roles_not_held<'a>(
    wanted: impl IntoIterator<Item = &'a str>,
    held: &[impl AsRef<str>],
) -> Vec<&'a str> {
    wanted.into_iter().filter(|role| !holds(held, role)).collect()
}

fn add<'a>(roles: &mut Vec<&'a str>, role: &'a str) {
    if !holds(roles, role) {
        roles.push(role);
    }
}

fn holds(roles: &[impl AsRef<str>], role: &str) -> bool {
    roles.iter().any(|held| is(held.as_ref(), role))
}

/// Role names are the same whatever the case of their ASCII letters, as policies compare them.
fn is(role: &str, other: &str) -> bool {
    role.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_role_implies_the_ones_below_it() {
        assert_eq!(expand([ADMIN]), [ADMIN, MANAGER, MEMBER, READER]);
        assert_eq!(expand([MANAGER]), [MANAGER, MEMBER, READER]);
        assert_eq!(expand([MEMBER]), [MEMBER, READER]);
        assert_eq!(expand([READER]), [READER]);
        assert_eq!(expand([SERVICE]), [SERVICE]);
        assert_eq!(expand(["auditor"]), ["auditor"]);
        assert_eq!(expand([]), [""; 0]);
    }

    #[test]
    fn roles_come_once_whatever_their_case() {
        assert_eq!(expand(["reader", "Member", "member"]), ["reader", "Member"]);
        assert_eq!(expand(["service", "MANAGER"]), ["service", "MANAGER", "member", "reader"]);
    }

    #[test]
    fn an_application_credential_never_outlives_its_users_roles() {
        let held = expand([MEMBER]);
        assert_eq!(delegated_roles([READER], &held), [READER]);
        assert_eq!(delegated_roles([MEMBER], &held), [MEMBER, READER]);
        assert_eq!(delegated_roles([ADMIN, READER], &held), [READER, MEMBER]);
        assert_eq!(delegated_roles([SERVICE], &held), [""; 0]);
        assert_eq!(roles_not_held([MEMBER, ADMIN, "auditor"], &held), [ADMIN, "auditor"]);
    }

    fn roles() -> impl Strategy<Value = Vec<&'static str>> {
        proptest::collection::vec(
            prop_oneof![
                Just(ADMIN),
                Just(MANAGER),
                Just(MEMBER),
                Just(READER),
                Just(SERVICE),
                Just("auditor")
            ],
            0..6,
        )
    }

    proptest! {
        #[test]
        fn expanding_twice_adds_nothing(roles in roles()) {
            let once = expand(roles);
            prop_assert_eq!(&expand(once.clone()), &once);
        }

        #[test]
        fn delegation_adds_no_role(granted in roles(), held in roles()) {
            let held = expand(held);
            for role in delegated_roles(granted, &held) {
                prop_assert!(held.contains(&role));
            }
        }
    }
}
