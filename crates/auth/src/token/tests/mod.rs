//! Tokens as a whole: what is signed, what is refused, what is revoked.

mod revocation;
mod signing;

use model::Timestamp;
use proptest::prelude::*;

use crate::ScopeId;

use super::*;

/// Ids as Keystone makes them, and ids as directories and old installations have them.
fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{32}", "[0-9A-F]{32}", "default", "[a-z0-9-]{1,64}", "\\PC{1,16}"]
}

fn audit_id() -> impl Strategy<Value = AuditId> {
    any::<[u8; 16]>().prop_map(AuditId)
}

fn scope() -> impl Strategy<Value = ScopeId> {
    prop_oneof![
        Just(ScopeId::Unscoped),
        Just(ScopeId::System),
        id().prop_map(ScopeId::Project),
        id().prop_map(ScopeId::Domain),
    ]
}

fn methods() -> impl Strategy<Value = Methods> {
    proptest::sample::subsequence(Method::ALL.to_vec(), 0..=3)
        .prop_map(|methods| methods.into_iter().collect())
}

prop_compose! {
    fn claims()(
        user_id in id(),
        scope in scope(),
        methods in methods(),
        (issued_at, expires_at) in (any::<i64>(), any::<i64>()),
        (id, first) in (audit_id(), proptest::option::of(audit_id())),
        application_credential_id in proptest::option::of(id()),
        auth_generation in any::<u32>(),
    ) -> Claims {
        Claims {
            user_id,
            scope,
            methods,
            issued_at: Timestamp(issued_at),
            expires_at: Timestamp(expires_at),
            audit: Audit { id, first },
            application_credential_id,
            auth_generation,
        }
    }
}

/// A token of alice in project `p`, issued at 100 and valid until 200.
fn alice() -> Claims {
    Claims {
        user_id: "a11ce000a11ce000a11ce000a11ce000".to_owned(),
        scope: ScopeId::Project("9a0ec7009a0ec7009a0ec7009a0ec700".to_owned()),
        methods: Methods::default().with(Method::Password),
        issued_at: Timestamp(100),
        expires_at: Timestamp(200),
        audit: Audit { id: AuditId([1; 16]), first: None },
        application_credential_id: None,
        auth_generation: 7,
    }
}

#[test]
fn methods_have_the_names_of_the_api() {
    let all: Methods = Method::ALL.into_iter().collect();
    let names: Vec<_> = all.iter().map(Method::name).collect();
    assert_eq!(names, ["password", "token", "application_credential"]);
    for method in Method::ALL {
        assert_eq!(Method::from_name(method.name()), Some(method));
    }
    assert_eq!(Method::from_name("saml2"), None);
    let password = Methods::default().with(Method::Password);
    assert!(password.contains(Method::Password) && !password.contains(Method::Token));
}

#[test]
fn audit_ids_are_22_characters_that_read_back() {
    let id = AuditId::random().unwrap();
    assert_eq!(id.to_string().len(), 22);
    assert_eq!(AuditId::parse(&id.to_string()), Some(id));
    assert_eq!(AuditId::parse("too short"), None);
    assert_eq!(AuditId::parse(&"A".repeat(24)), None);
}

#[test]
fn a_chain_is_named_by_its_first_token() {
    let first = Audit::begin().unwrap();
    let second = first.next().unwrap();
    let third = second.next().unwrap();
    assert_eq!(first.ids().collect::<Vec<_>>(), [first.id]);
    assert_eq!(second.ids().collect::<Vec<_>>(), [second.id, first.id]);
    assert_eq!(third.ids().collect::<Vec<_>>(), [third.id, first.id]);
    assert_eq!((second.chain(), third.chain()), (first.chain(), first.chain()));
}

#[test]
fn times_are_written_as_keystone_does() {
    assert_eq!(isotime(Timestamp(1_795_200_032_000_000)), "2026-11-20T18:40:32.000000Z");
}
