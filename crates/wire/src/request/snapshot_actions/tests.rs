use super::*;

#[test]
fn each_action_is_read() {
    let cases = [
        (r#"{"os-force_delete": {}}"#, SnapshotAction::ForceDelete),
        (r#"{"os-reset_status": {"status": "Error"}}"#, SnapshotAction::ResetStatus(SnapshotStatus::Error)),
        (
            r#"{"os-update_snapshot_status": {"status": "creating", "progress": "80%"}}"#,
            SnapshotAction::UpdateStatus { status: "creating".to_owned(), progress_percent: Some(80) },
        ),
        (
            r#"{"os-update_snapshot_status": {"status": "any", "progress": ""}}"#,
            SnapshotAction::UpdateStatus { status: "any".to_owned(), progress_percent: None },
        ),
    ];
    for (body, action) in cases {
        assert_eq!(SnapshotAction::parse(body.as_bytes()), Ok(action), "{body}");
    }
}

#[test]
fn a_progress_that_is_not_text_is_refused() {
    for progress in ["true", "1", "1.5", "[\"a\"]", "{\"a\": 1}"] {
        let body = format!(r#"{{"os-update_snapshot_status": {{"status": "x", "progress": {progress}}}}}"#);
        let fault = SnapshotAction::parse(body.as_bytes()).unwrap_err();
        assert_eq!(fault.message, "Invalid input received: progress must be an integer percentage");
    }
}
