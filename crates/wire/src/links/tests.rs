use serde_json::{Value, json};

use super::*;
use model::VolumeId;

const ID: &str = "11111111-2222-4333-8444-555555555555";

fn links(endpoint: Endpoint<'_>) -> Value {
    let mut out = Vec::new();
    endpoint.links("volumes").write(&mut out, ID.parse::<VolumeId>().unwrap());
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn the_project_is_in_the_links_when_it_is_in_the_request() {
    assert_eq!(
        links(Endpoint { root: "http://h:1", project: Some("p") }),
        json!([
            {"rel": "self", "href": format!("http://h:1/v3/p/volumes/{ID}")},
            {"rel": "bookmark", "href": format!("http://h:1/p/volumes/{ID}")},
        ])
    );
    assert_eq!(
        links(Endpoint { root: "https://h/volume", project: None }),
        json!([
            {"rel": "self", "href": format!("https://h/volume/v3/volumes/{ID}")},
            {"rel": "bookmark", "href": format!("https://h/volume/volumes/{ID}")},
        ])
    );
}

#[test]
fn a_hostile_host_stays_inside_of_its_quotes() {
    let root = "http://h\"}],\"x\":[{\"";
    let expected = format!("{root}/v3/volumes/{ID}");
    assert_eq!(links(Endpoint { root, project: None })[0]["href"], expected);
}

#[test]
fn the_next_page_has_the_query_of_this_one() {
    let params = Params::parse("limit=2&name=a%20b&marker=old").unwrap();
    let endpoint = Endpoint { root: "http://h", project: Some("p") };
    assert_eq!(
        endpoint.next_page("volumes/detail", &params, "new"),
        "http://h/v3/p/volumes/detail?limit=2&name=a+b&marker=new"
    );
}
