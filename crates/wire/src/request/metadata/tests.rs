use super::*;

#[test]
fn all_pairs_or_one() {
    assert_eq!(of_volume(br#"{"metadata": {"a/b": "v"}}"#).unwrap().get("a/b"), Some("v"));
    assert_eq!(item_of_volume(br#"{"meta": {"k": "v"}}"#, "k"), Ok("v".to_owned()));
    assert_eq!(item_of_volume(br#"{"meta": {"k": "v"}}"#, "j"), Err(Fault::other_than_the_url()));
}

#[test]
fn snapshots_know_no_slashes_but_tolerate_what_stands_beside() {
    assert!(of_snapshot(br#"{"metadata": {"a/b": "v"}}"#).is_err());
    assert_eq!(of_snapshot(br#"{"metadata": {"k": "v"}, "other": 1}"#).unwrap().get("k"), Some("v"));
    assert_eq!(item_of_snapshot(br#"{"meta": {"k": "v"}}"#, "k"), Ok("v".to_owned()));
}
