//! JsonFilter.

use placement::query::{MAX_QUERY_BYTES, MAX_QUERY_DEPTH, Query, QueryError};
use placement::{Filter, PoolState, Refusal, Refused, choose};
use serde_json::{Value, json};

use crate::support::{only, pool_of, service, thick, verdict, with_hints};

fn pool() -> PoolState {
    pool_of(
        service("node1@lvm"),
        json!({"volume_backend_name": "gold", "total_capacity_gb": 100, "free_capacity_gb": 60, "storage_protocol": "iSCSI",
               "tier": "fast", "deep": {"er": 7}, "nothing": null, "multiattach": true}),
    )
}

fn ask(query: &Value) -> Result<(), Refusal> {
    verdict(Filter::Json, &with_hints(json!({"query": query.to_string()})), &pool())
}

#[test]
fn conditions() {
    for (query, expected) in [
        (json!(["=", "$backend_id", "node1@lvm#gold"]), true),
        (json!(["=", "$backend_id", "node1@lvm"]), false),
        (json!(["=", "$free_capacity_gb", 60]), true),
        (json!(["=", 1, 1.0, true]), true),
        (json!(["=", 1, 1, 2]), false),
        (json!(["=", "1", 1]), false),
        (json!(["<", 1, 2, 3]), true),
        (json!(["<", 2, 3, 1]), false),
        (json!([">", "$free_capacity_gb", 50]), true),
        (json!([">", "$free_capacity_gb", 60]), false),
        (json!(["<=", "$free_capacity_gb", 60, 70]), true),
        (json!([">=", "$free_capacity_gb", 60, 61]), false),
        (json!(["<", "abc", "abd"]), true),
        (json!(["in", "$volume_backend_name", "silver", "gold"]), true),
        (json!(["in", "$volume_backend_name", "silver"]), false),
        // Fewer than two arguments.
        (json!(["="]), false),
        (json!(["=", 1]), false),
        (json!(["in", "x"]), false),
        (json!([">=", "$unheard", 1]), false),
        (json!(["not", ["=", 1, 2]]), true),
        (json!(["not", ["=", 1, 1]]), false),
        (json!(["not", ["=", 1, 1], ["=", 1, 2]]), true),
        (json!(["not"]), false),
        (json!(["and", ["=", 1, 1], ["=", 2, 2]]), true),
        (json!(["and", ["=", 1, 1], ["=", 2, 3]]), false),
        (json!(["and"]), true),
        (json!(["or", ["=", 1, 2], ["=", 2, 2]]), true),
        (json!(["or", ["=", 1, 2], ["=", 2, 3]]), false),
        (json!(["or"]), false),
        (json!(["and", ["not", ["=", 1, 1]]]), false),
        (json!(["not", ["not", ["=", 1, 1]]]), true),
        // Names of the pool state.
        (json!(["=", "$host", "node1@lvm#gold"]), true),
        (json!(["=", "$pool_name", "gold"]), true),
        (json!(["=", "$total_capacity_gb", 100]), true),
        (json!(["=", "$multiattach", true]), true),
        (json!(["=", "$QoS_support", false]), true),
        (json!(["=", "$service.availability_zone", "nova"]), true),
        (json!(["=", "$storage_protocol", "iSCSI"]), true),
        (json!(["in", "iscsi", "$storage_protocol"]), true),
        (json!(["=", "$capabilities.tier", "fast"]), true),
        (json!(["=", "$capabilities.deep.er", 7]), true),
        (json!(["and", "$capabilities.tier"]), true),
        // What is null or absent is no argument.
        (json!(["=", "$capabilities.nothing", "x"]), false),
        (json!(["=", 1, 1, "$capabilities.nothing", null, "", "$", "$a.b.c", "$capabilities.tier.er"]), true),
        (json!(["and", []]), true),
        (json!([]), true),
        (json!({}), true),
        (json!(0), true),
        (json!(false), true),
        (json!(null), true),
    ] {
        assert_eq!(ask(&query).is_ok(), expected, "{query}");
    }
}

#[test]
fn no_query_is_none() {
    for hints in [json!({}), json!({"query": ""}), json!({"query": null})] {
        assert_eq!(verdict(Filter::Json, &with_hints(hints), &pool()), Ok(()));
    }
}

#[test]
fn what_has_no_order_refuses_the_pool_and_no_other() {
    let query = json!(["not", [">", "$free_capacity_gb", 50]]).to_string();
    let request = with_hints(json!({ "query": query }));
    let unknown = pool_of(service("h@b"), json!({"free_capacity_gb": "unknown"}));
    assert_eq!(verdict(Filter::Json, &request, &unknown), Err(Refusal::QueryFails));
    let pools = [unknown, thick("h@c", 40.0, 40.0)];
    assert_eq!(choose(&only(Filter::Json), &request, &pools, || 0.0).unwrap().best(), 1);
}

#[test]
fn a_query_that_cannot_be_understood_is_the_requests_fault() {
    let parse = |hint: Value| Query::parse(&hint).unwrap_err();
    assert_eq!(parse(json!("[\"=\", 1")), QueryError::NotJson);
    assert_eq!(parse(json!({"not": "a text"})), QueryError::NotJson);
    assert_eq!(parse(json!("5")), QueryError::NotAnOperation);
    assert_eq!(parse(json!("\"abc\"")), QueryError::NotAnOperation);
    assert_eq!(parse(json!("{\"a\": 1}")), QueryError::NotAnOperation);
    assert_eq!(parse(json!("[1, 2]")), QueryError::NotAnOperation);
    assert_eq!(parse(json!("[\"and\", [[\"and\"]]]")), QueryError::NotAnOperation);
    assert_eq!(parse(json!("[\"~\", 2]")), QueryError::UnknownOperator("\"~\"".to_owned()));
    assert_eq!(parse(json!(" ".repeat(MAX_QUERY_BYTES + 1))), QueryError::TooLong);
    let request = with_hints(json!({"query": "[\"~\"]"}));
    let refused = choose(&only(Filter::Json), &request, &[pool()], || 0.0).unwrap_err();
    assert!(matches!(refused, Refused::BadRequest(_)));
    assert_eq!(refused.to_string(), "hint \"query\": unknown operator \"~\"");
}

#[test]
fn depth_is_limited() {
    let nested =
        |depth: usize| json!(format!("{}{}", "[\"and\", ".repeat(depth - 1) + "[\"and\"", "]".repeat(depth)));
    assert!(Query::parse(&nested(MAX_QUERY_DEPTH)).is_ok());
    assert_eq!(Query::parse(&nested(MAX_QUERY_DEPTH + 1)), Err(QueryError::TooDeep));
    assert_eq!(Query::parse(&json!("[".repeat(MAX_QUERY_BYTES))), Err(QueryError::NotJson));
}
