use serde_json::{Value, json};

use super::*;

const VOLUME: &str = "2298ce57-65d4-4af0-ae9a-89cdceeaa376";

fn create(minor: u32, mut snapshot: Value) -> Result<Create, Fault> {
    snapshot["volume_id"] = json!(VOLUME);
    Create::parse(json!({ "snapshot": snapshot }).to_string().as_bytes(), Microversion::v3(minor))
}

#[test]
fn a_snapshot_is_of_a_volume() {
    let made = create(0, json!({"name": " n ", "description": "d", "metadata": {"k": "v"}})).unwrap();
    assert_eq!(made.volume_id, VOLUME.parse().unwrap());
    assert_eq!((made.name.as_deref(), made.description.as_deref()), (Some("n"), Some("d")));
    assert_eq!(made.metadata.get("k"), Some("v"));
    let of_nothing = Create::parse(br#"{"snapshot": {"volume_id": null}}"#, Microversion::MIN).unwrap_err();
    assert_eq!((of_nothing.code, of_nothing.message.as_ref()), (404, "Volume None could not be found."));
}

#[test]
fn force_became_needless_in_3_66() {
    let flags = |minor, force| create(minor, json!({ "force": force })).map(|c| (c.force, c.allow_in_use));
    assert_eq!(flags(65, "on"), Ok((true, false)));
    assert_eq!(flags(65, "no"), Ok((false, false)));
    assert_eq!(flags(66, "true"), Ok((true, true)));
    assert!(flags(66, "false").unwrap_err().message.starts_with("Since microversion 3.66 the 'force' flag"));
    let unsaid = create(66, json!({})).unwrap();
    assert_eq!((unsaid.force, unsaid.allow_in_use), (false, true));
}

#[test]
fn an_update_tells_null_from_nothing() {
    let update = Update::parse(br#"{"snapshot": {"display_name": null}}"#).unwrap();
    assert_eq!((update.name, update.description), (Some(None), None));
}
