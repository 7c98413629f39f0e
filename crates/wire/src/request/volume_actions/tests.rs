use super::*;

fn parse(body: &str) -> Result<VolumeAction, Fault> {
    VolumeAction::parse(body.as_bytes())
}

#[test]
fn each_action_is_read() {
    let cases = [
        (r#"{"os-extend": {"new_size": "3"}}"#, VolumeAction::Extend { new_size_gib: 3 }),
        (r#"{"os-set_bootable": {"bootable": "Off"}}"#, VolumeAction::SetBootable { bootable: false }),
        (
            r#"{"os-update_readonly_flag": {"readonly": true}}"#,
            VolumeAction::UpdateReadonlyFlag { readonly: true },
        ),
        (r#"{"os-force_delete": null}"#, VolumeAction::ForceDelete),
        (r#"{"os-show_image_metadata": {}}"#, VolumeAction::ShowImageMetadata),
        (
            r#"{"os-unset_image_metadata": {"key": "k"}}"#,
            VolumeAction::UnsetImageMetadata { key: "k".to_owned() },
        ),
        (
            r#"{"os-set_image_metadata": {"metadata": {"k": "v"}}}"#,
            VolumeAction::SetImageMetadata(Metadata::from_iter([("k".to_owned(), "v".to_owned())])),
        ),
        (
            r#"{"os-reset_status": {"status": "IN-USE", "attach_status": "", "migration_status": "none"}}"#,
            VolumeAction::ResetStatus(ResetStatus {
                status: Some(VolumeStatus::InUse),
                attach_status: None,
                migration_status: Some(MigrationStatus::None),
            }),
        ),
    ];
    for (body, action) in cases {
        assert_eq!(parse(body), Ok(action), "{body}");
    }
}

#[test]
fn a_body_names_exactly_one_action() {
    for body in ["{}", "[]", "1", "null", "\"os-extend\"", r#"{"a": 1, "b": 2}"#] {
        assert_eq!(parse(body), Err(Fault::malformed_body()), "{body}");
    }
    assert_eq!(parse(""), Err(Fault::no_such_action("None")));
    assert_eq!(
        parse(r#"{"fly": {}}"#).unwrap_err().message,
        "There is no such action: fly. Verify the request body and Content-Type header and try again."
    );
}

proptest::proptest! {
    #[test]
    fn any_body_is_answered(name in "os-[a-z_]{1,20}", inner in ".*", bytes: Vec<u8>) {
        let body = format!(r#"{{"{name}": {inner}}}"#);
        let _ = parse(&body);
        let _ = VolumeAction::parse(&bytes);
    }
}
