use serde_json::json;

use super::*;

fn text(value: impl Json) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn objects_and_arrays_are_separated_by_commas() {
    let written = to_object(|pairs| {
        pairs.put("a", 1_u64).put("b", None::<bool>).put_dynamic("c\"", "d");
        pairs.object("e", |_| {}).array("f", [true, false], |out, flag| flag.write(out));
    });
    assert_eq!(String::from_utf8(written).unwrap(), r#"{"a":1,"b":null,"c\"":"d","e":{},"f":[true,false]}"#);
}

#[test]
fn words_and_identifiers_stand_in_quotes() {
    assert_eq!(text(VolumeStatus::InUse), "\"in-use\"");
    assert_eq!(text(Timestamp(1_795_200_032_356_813)), "\"2026-11-20T18:40:32.356813\"");
    assert_eq!(text(-1_i64), "-1");
    assert_eq!(text(ProjectId::new("a\"b")), r#""a\"b""#);
    assert_eq!(text(json!({"z": [1, null]})), r#"{"z":[1,null]}"#);
}

proptest::proptest! {
    #[test]
    fn any_text_reads_back(value in ".*") {
        proptest::prop_assert_eq!(serde_json::from_str::<String>(&text(value.as_str())).unwrap(), value);
    }

    #[test]
    fn any_metadata_read_back(pairs in proptest::collection::btree_map(".*", ".*", 0..5)) {
        let metadata = Metadata(pairs);
        proptest::prop_assert_eq!(Metadata::from_json(&text(&metadata)).unwrap(), metadata);
    }
}
