use super::*;

fn revoke(set: &mut RevocationSet, revoked: Revoked) {
    set.insert(Revocation { revoked, revoked_at: Timestamp(150), expires_at: Timestamp(300) });
}

fn set_of(revoked: Revoked) -> RevocationSet {
    let mut set = RevocationSet::default();
    revoke(&mut set, revoked);
    set
}

fn issued(at: i64) -> Claims {
    Claims { issued_at: Timestamp(at), ..alice() }
}

#[test]
fn a_token_is_revoked_alone_and_a_chain_as_a_whole() {
    let (first, second) = (AuditId([1; 16]), AuditId([2; 16]));
    let made_from_it = Claims { audit: Audit { id: second, first: Some(first) }, ..issued(120) };

    let token = set_of(Revoked::Token(first));
    assert!(token.is_revoked(&alice()) && !token.is_revoked(&made_from_it));
    let chain = set_of(Revoked::Chain(first));
    assert!(chain.is_revoked(&alice()) && chain.is_revoked(&made_from_it));
    let last = set_of(Revoked::Token(second));
    assert!(!last.is_revoked(&alice()) && last.is_revoked(&made_from_it));
}

#[test]
fn what_is_revoked_by_name_stays_so_whatever_the_clock_said() {
    let late = Claims { application_credential_id: Some("ac".to_owned()), ..issued(9000) };
    assert!(set_of(Revoked::Token(late.audit.id)).is_revoked(&late));
    assert!(set_of(Revoked::Chain(late.audit.id)).is_revoked(&late));
    assert!(set_of(Revoked::ApplicationCredential("ac".to_owned())).is_revoked(&late));
    assert!(!set_of(Revoked::ApplicationCredential("other".to_owned())).is_revoked(&late));
    assert!(!set_of(Revoked::ApplicationCredential("ac".to_owned())).is_revoked(&alice()));
}

#[test]
fn tokens_up_to_the_time_are_revoked_and_later_ones_are_not() {
    let claims = alice();
    let grant = Revoked::Grant { user_id: claims.user_id.clone(), scope: claims.scope.clone() };
    for revoked in [Revoked::User(claims.user_id.clone()), Revoked::Scope(claims.scope.clone()), grant] {
        let set = set_of(revoked);
        assert!(set.is_revoked(&issued(149)) && set.is_revoked(&issued(150)));
        assert!(!set.is_revoked(&issued(151)));
    }
}

#[test]
fn others_are_not_touched() {
    let claims = alice();
    let bob = Claims { user_id: "bob".to_owned(), ..alice() };
    let elsewhere = Claims { scope: ScopeId::Project("elsewhere".to_owned()), ..alice() };
    let unscoped = Claims { scope: ScopeId::Unscoped, ..alice() };

    let user = set_of(Revoked::User(claims.user_id.clone()));
    assert!(user.is_revoked(&elsewhere) && user.is_revoked(&unscoped) && !user.is_revoked(&bob));
    let scope = set_of(Revoked::Scope(claims.scope.clone()));
    assert!(scope.is_revoked(&bob) && !scope.is_revoked(&elsewhere) && !scope.is_revoked(&unscoped));
    let grant = set_of(Revoked::Grant { user_id: claims.user_id, scope: claims.scope });
    assert!(!grant.is_revoked(&bob) && !grant.is_revoked(&elsewhere) && !grant.is_revoked(&unscoped));
}

#[test]
fn a_project_and_a_domain_of_one_id_are_two_scopes() {
    let id = "same".to_owned();
    let set = set_of(Revoked::Scope(ScopeId::Project(id.clone())));
    assert!(!set.is_revoked(&Claims { scope: ScopeId::Domain(id), ..alice() }));
}

fn revoked() -> impl Strategy<Value = Revoked> {
    let few_ids = || "[ab]";
    let few_audits = || (0..3_u8).prop_map(|byte| AuditId([byte; 16]));
    let few_scopes = || {
        prop_oneof![
            Just(ScopeId::System),
            "[ab]".prop_map(ScopeId::Project),
            "[ab]".prop_map(ScopeId::Domain)
        ]
    };
    prop_oneof![
        few_audits().prop_map(Revoked::Token),
        few_audits().prop_map(Revoked::Chain),
        few_ids().prop_map(Revoked::ApplicationCredential),
        few_ids().prop_map(Revoked::User),
        few_scopes().prop_map(Revoked::Scope),
        (few_ids(), few_scopes()).prop_map(|(user_id, scope)| Revoked::Grant { user_id, scope }),
    ]
}

prop_compose! {
    fn revocation()(revoked in revoked(), revoked_at in 0..20_i64, life in 0..20_i64) -> Revocation {
        let (revoked_at, expires_at) = (Timestamp(revoked_at), Timestamp(revoked_at + life));
        Revocation { revoked, revoked_at, expires_at }
    }
}

prop_compose! {
    fn few_claims()(
        user_id in "[ab]",
        scope in prop_oneof![Just(ScopeId::System), "[ab]".prop_map(ScopeId::Project)],
        issued_at in 0..20_i64,
        (id, first) in (0..3_u8, proptest::option::of(0..3_u8)),
        application_credential_id in proptest::option::of("[ab]"),
    ) -> Claims {
        let audit = Audit { id: AuditId([id; 16]), first: first.map(|byte| AuditId([byte; 16])) };
        Claims { user_id, scope, audit, application_credential_id, ..issued(issued_at) }
    }
}

/// The meaning of a revocation, one by one and without tables.
fn matches(revocation: &Revocation, claims: &Claims) -> bool {
    let earlier = claims.issued_at <= revocation.revoked_at;
    match &revocation.revoked {
        Revoked::Token(id) => claims.audit.id == *id,
        Revoked::Chain(id) => claims.audit.chain() == *id,
        Revoked::ApplicationCredential(id) => claims.application_credential_id.as_ref() == Some(id),
        Revoked::User(id) => claims.user_id == *id && earlier,
        Revoked::Scope(scope) => claims.scope == *scope && earlier,
        Revoked::Grant { user_id, scope } => claims.user_id == *user_id && claims.scope == *scope && earlier,
    }
}

proptest! {
    #[test]
    fn the_set_means_what_its_revocations_mean(
        revocations in prop::collection::vec(revocation(), 0..8),
        claims in few_claims(),
    ) {
        let mut set = RevocationSet::default();
        for revocation in &revocations {
            set.insert(revocation.clone());
        }
        prop_assert_eq!(set.is_empty(), revocations.is_empty());
        prop_assert!(set.len() <= revocations.len());
        let expected = revocations.iter().any(|revocation| matches(revocation, &claims));
        prop_assert_eq!(set.is_revoked(&claims), expected);
    }

    #[test]
    fn pruning_forgets_what_has_expired_and_keeps_the_rest(
        revocations in prop::collection::vec(revocation(), 0..8),
        now in 0..40_i64,
        claims in few_claims(),
    ) {
        let now = Timestamp(now);
        let mut pruned = RevocationSet::default();
        for revocation in &revocations {
            pruned.insert(revocation.clone());
        }
        pruned.prune(now);
        for revocation in revocations.iter().filter(|revocation| revocation.expires_at > now) {
            prop_assert!(!matches(revocation, &claims) || pruned.is_revoked(&claims));
        }
        pruned.prune(Timestamp(i64::MAX));
        prop_assert!(pruned.is_empty());
    }
}
