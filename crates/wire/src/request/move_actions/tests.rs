use super::*;

const ID: &str = "11111111-2222-4333-8444-555555555555";

fn parse_at(minor: u32, body: &str) -> Result<MoveAction, Fault> {
    MoveAction::parse(body.as_bytes(), Microversion::v3(minor))
}

fn parse(body: &str) -> Result<MoveAction, Fault> {
    parse_at(71, body)
}

fn migrate(to: Destination, force_host_copy: bool, lock_volume: bool) -> MoveAction {
    MoveAction::Migrate(Migrate { to, force_host_copy, lock_volume })
}

#[test]
fn each_action_is_read() {
    let host = || Destination::Host("h@b#p".to_owned());
    let completion =
        |error| MoveAction::MigrateCompletion(MigrateCompletion { new_volume: ID.parse().unwrap(), error });
    let reimage = |reserved_too| MoveAction::Reimage { image: ID.parse().unwrap(), reserved_too };
    let retype = |may_migrate| MoveAction::Retype(Retype { new_type: "gold".to_owned(), may_migrate });
    for (body, action) in [
        (
            r#"{"revert": {"snapshot_id": "x", "more": 1}}"#.to_owned(),
            MoveAction::Revert { snapshot_id: Some("x".to_owned()) },
        ),
        (r#"{"revert": {"snapshot_id": null}}"#.to_owned(), MoveAction::Revert { snapshot_id: None }),
        (r#"{"revert": {}}"#.to_owned(), MoveAction::Revert { snapshot_id: None }),
        (format!(r#"{{"os-reimage": {{"image_id": "{ID}"}}}}"#), reimage(false)),
        (format!(r#"{{"os-reimage": {{"image_id": "{ID}", "reimage_reserved": "on"}}}}"#), reimage(true)),
        (r#"{"os-retype": {"new_type": "gold"}}"#.to_owned(), retype(false)),
        (r#"{"os-retype": {"new_type": "gold", "migration_policy": "never"}}"#.to_owned(), retype(false)),
        (r#"{"os-retype": {"new_type": "gold", "migration_policy": "on-demand"}}"#.to_owned(), retype(true)),
        (r#"{"os-migrate_volume": {"host": "h@b#p"}}"#.to_owned(), migrate(host(), false, false)),
        (
            r#"{"os-migrate_volume": {"host": "h@b#p", "force_host_copy": "yes", "lock_volume": true}}"#
                .to_owned(),
            migrate(host(), true, true),
        ),
        (
            r#"{"os-migrate_volume": {"host": null, "cluster": "c@b"}}"#.to_owned(),
            migrate(Destination::Cluster("c@b".to_owned()), false, false),
        ),
        (format!(r#"{{"os-migrate_volume_completion": {{"new_volume": "{ID}"}}}}"#), completion(false)),
        (
            format!(r#"{{"os-migrate_volume_completion": {{"new_volume": "{ID}", "error": true}}}}"#),
            completion(true),
        ),
        (
            format!(r#"{{"os-migrate_volume_completion": {{"new_volume": "{ID}", "error": null}}}}"#),
            completion(false),
        ),
    ] {
        assert_eq!(parse(&body), Ok(action), "{body}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (minor, body, message) in [
        (
            71,
            r#"{"os-migrate_volume": {}}"#,
            "Invalid input received: One and only one of cluster and host must be set.",
        ),
        (
            71,
            r#"{"os-migrate_volume": {"host": "a", "cluster": "b"}}"#,
            "Invalid input received: One and only one of cluster and host must be set.",
        ),
        (15, r#"{"os-migrate_volume": {"host": ""}}"#, "Invalid input received: Host field is missing."),
    ] {
        assert_eq!(parse_at(minor, body).unwrap_err().message, message, "{body}");
    }
    for (minor, body) in [
        (15, r#"{"os-migrate_volume": {"host": "a", "cluster": "b"}}"#),
        (15, r#"{"os-migrate_volume": {"host": null}}"#),
        (71, r#"{"os-retype": {"new_type": "a", "migration_policy": null}}"#),
        (71, r#"{"os-retype": {"new_type": "a", "migration_policy": "always"}}"#),
        (71, r#"{"os-retype": {}}"#),
        (71, r#"{"revert": {"snapshot_id": 1}}"#),
        (71, r#"{"revert": null}"#),
        (71, r#"{"os-migrate_volume_completion": {"new_volume": "x"}}"#),
    ] {
        assert_eq!(parse_at(minor, body).unwrap_err().code, 400, "{body}");
    }
}

proptest::proptest! {
    #[test]
    fn any_body_is_answered(name in "(revert|os-retype|os-migrate_volume|os-migrate_volume_completion)", inner in ".*", bytes: Vec<u8>) {
        let body = format!(r#"{{"{name}": {inner}}}"#);
        let _ = parse(&body);
        let _ = MoveAction::parse(&bytes, Microversion::v3(71));
    }
}
