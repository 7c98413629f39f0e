use serde_json::{Value, json};

use super::*;

fn specs(visible: ExtraSpecs) -> Value {
    let pairs = [("multiattach", "<is> True"), ("secret", "x")];
    let specs: Metadata = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into_iter().collect();
    serde_json::from_slice::<Value>(&extra_specs(&specs, visible)).unwrap()["extra_specs"].take()
}

#[test]
fn users_see_what_concerns_them() {
    assert_eq!(specs(ExtraSpecs::All), json!({"multiattach": "<is> True", "secret": "x"}));
    assert_eq!(specs(ExtraSpecs::UserVisible), json!({"multiattach": "<is> True"}));
    assert_eq!(specs(ExtraSpecs::Hidden), json!({}));
}
