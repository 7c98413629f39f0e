//! Definitions as JSON, in and out.

use model::Timestamp;
use model::metadef::{Association, Namespace, NamespaceVisibility, Part, PartKind};
use operations::image::metadef::Whole;
use serde_json::{Map, Value, json};
use wire::Fault;
use wire::fault::echo;
use wire::image::view::time;

/// Longest name of a namespace, a resource type, a prefix, in characters.
const MAX_NAMESPACE_CHARS: usize = 80;
/// Longest name of a part, in characters.
const MAX_PART_CHARS: usize = 80;
/// Longest description of a namespace, in characters.
const MAX_DESCRIPTION_CHARS: usize = 500;

fn mismatch(schema: &str, why: impl std::fmt::Display) -> Fault {
    Fault::bad_request(format!("Provided object does not match schema '{schema}': {why}"))
}

fn object(value: Value, schema: &str) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(mismatch(schema, "it is not of type 'object'")),
    }
}

fn text(
    fields: &Map<String, Value>,
    key: &str,
    longest: usize,
    schema: &str,
) -> Result<Option<String>, Fault> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= longest => Ok(Some(text.clone())),
        Some(other) => {
            let shown = other.to_string();
            Err(mismatch(schema, format_args!("{} does not fit '{key}'", echo(&shown))))
        }
    }
}

fn name(fields: &Map<String, Value>, schema: &str, longest: usize) -> Result<String, Fault> {
    let name = text(fields, "name", longest, schema)?.filter(|name| !name.is_empty());
    name.ok_or_else(|| mismatch(schema, "'name' is a required property"))
}

/// A part from a body: its name, and everything else as its definition.
pub(super) fn part(kind: PartKind, body: Value) -> Result<Part, Fault> {
    let schema = match kind {
        PartKind::Property => "property",
        PartKind::Object => "object",
        PartKind::Tag => "tag",
    };
    let mut fields = object(body, schema)?;
    for key in ["created_at", "updated_at", "schema", "self"] {
        if fields.contains_key(key) && kind != PartKind::Property {
            return Err(Fault::new(403, format!("Attribute '{key}' is read-only.")));
        }
    }
    let name = name(&fields, schema, MAX_PART_CHARS)?;
    fields.shift_remove("name");
    if kind == PartKind::Property {
        check_property(&fields, &name)?;
    }
    if let Some(properties) = fields.get("properties") {
        let all =
            properties.as_object().ok_or_else(|| mismatch(schema, "'properties' is not of type 'object'"))?;
        for (name, property) in all {
            let property = property.as_object();
            check_property(
                property.ok_or_else(|| mismatch(schema, "a property is not of type 'object'"))?,
                name,
            )?;
        }
    }
    Ok(Part {
        name,
        definition: Value::Object(fields).to_string(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    })
}

fn check_property(fields: &Map<String, Value>, name: &str) -> Result<(), Fault> {
    const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
    for key in ["title", "type"] {
        if !fields.get(key).is_some_and(Value::is_string) {
            return Err(mismatch(
                "property",
                format_args!("'{key}' is a required property of '{}'", echo(name)),
            ));
        }
    }
    let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
    if TYPES.contains(&kind) {
        return Ok(());
    }
    Err(mismatch("property", format_args!("'{}' is not one of {TYPES:?}", echo(kind))))
}

/// An association from a body.
pub(super) fn association(body: Value) -> Result<Association, Fault> {
    let schema = "resource_type_association";
    let fields = object(body, schema)?;
    Ok(Association {
        resource_type: name(&fields, schema, MAX_NAMESPACE_CHARS)?,
        prefix: text(&fields, "prefix", MAX_NAMESPACE_CHARS, schema)?,
        properties_target: text(&fields, "properties_target", MAX_NAMESPACE_CHARS, schema)?,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    })
}

/// A namespace from a body; what the body does not say is as in `old`.
pub(super) fn namespace(fields: &Map<String, Value>, old: Namespace) -> Result<Namespace, Fault> {
    let schema = "namespace";
    for key in ["created_at", "updated_at", "self", "schema"] {
        if fields.contains_key(key) {
            return Err(Fault::new(403, format!("Attribute '{key}' is read-only.")));
        }
    }
    let name = text(fields, "namespace", MAX_NAMESPACE_CHARS, schema)?.filter(|name| !name.is_empty());
    let visibility = match text(fields, "visibility", MAX_NAMESPACE_CHARS, schema)? {
        None => NamespaceVisibility::Private,
        Some(word) => {
            word.parse().map_err(|_| mismatch(schema, format_args!("'{}' is no visibility", echo(&word))))?
        }
    };
    let protected = match fields.get("protected") {
        None => false,
        Some(flag) => {
            flag.as_bool().ok_or_else(|| mismatch(schema, "'protected' is not of type 'boolean'"))?
        }
    };
    Ok(Namespace {
        namespace: name.ok_or_else(|| mismatch(schema, "'namespace' is a required property"))?,
        display_name: text(fields, "display_name", MAX_NAMESPACE_CHARS, schema)?,
        description: text(fields, "description", MAX_DESCRIPTION_CHARS, schema)?,
        visibility,
        protected,
        owner: text(fields, "owner", 255, schema)?.unwrap_or_else(|| old.owner.clone()),
        ..old
    })
}

/// A namespace with everything in it from a body.
pub(super) fn whole(body: Value, owner: &str) -> Result<Whole, Fault> {
    let mut fields = object(body, "namespace")?;
    let blank = Namespace {
        id: 0,
        namespace: String::new(),
        display_name: None,
        description: None,
        visibility: NamespaceVisibility::Private,
        protected: false,
        owner: owner.to_owned(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    let mut list = |key: &str| match fields.shift_remove(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(mismatch("namespace", format_args!("'{key}' is not of type 'array'"))),
    };
    let associations =
        list("resource_type_associations")?.into_iter().map(association).collect::<Result<_, _>>()?;
    let objects =
        list("objects")?.into_iter().map(|one| part(PartKind::Object, one)).collect::<Result<_, _>>()?;
    let tags = list("tags")?.into_iter().map(|one| part(PartKind::Tag, one)).collect::<Result<_, _>>()?;
    let mut properties = Vec::new();
    if let Some(named) = fields.shift_remove("properties") {
        for (name, mut property) in object(named, "namespace")? {
            if let Value::Object(fields) = &mut property {
                fields.insert("name".to_owned(), Value::String(name));
            }
            properties.push(part(PartKind::Property, property)?);
        }
    }
    Ok(Whole { namespace: namespace(&fields, blank)?, associations, properties, objects, tags })
}

fn merged(part: &Part) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("name".to_owned(), Value::String(part.name.clone()));
    view.extend(serde_json::from_str::<Map<String, Value>>(&part.definition).unwrap_or_default());
    view
}

/// A part as replies show it.
pub(super) fn show_part(kind: PartKind, part: &Part, namespace: &str) -> Value {
    let mut view = merged(part);
    if kind == PartKind::Property {
        return Value::Object(view);
    }
    view.insert("created_at".to_owned(), Value::String(time(part.created_at)));
    view.insert("updated_at".to_owned(), Value::String(time(part.updated_at)));
    if kind == PartKind::Object {
        view.entry("properties").or_insert_with(|| json!({}));
        view.entry("required").or_insert_with(|| json!([]));
        let own = format!("/v2/metadefs/namespaces/{namespace}/objects/{}", part.name);
        view.insert("self".to_owned(), Value::String(own));
        view.insert("schema".to_owned(), Value::String("/v2/schemas/metadefs/object".to_owned()));
    }
    Value::Object(view)
}

/// Properties by their names.
pub(super) fn properties(parts: &[Part]) -> Value {
    let one = |part: &Part| {
        let mut view = merged(part);
        view.shift_remove("name");
        (part.name.clone(), Value::Object(view))
    };
    Value::Object(parts.iter().map(one).collect())
}

/// An association as replies show it.
pub(super) fn show_association(association: &Association) -> Value {
    let mut view = Map::new();
    view.insert("name".to_owned(), Value::String(association.resource_type.clone()));
    if let Some(prefix) = &association.prefix {
        view.insert("prefix".to_owned(), Value::String(prefix.clone()));
    }
    if let Some(target) = &association.properties_target {
        view.insert("properties_target".to_owned(), Value::String(target.clone()));
    }
    view.insert("created_at".to_owned(), Value::String(time(association.created_at)));
    view.insert("updated_at".to_owned(), Value::String(time(association.updated_at)));
    Value::Object(view)
}

/// A namespace as replies show it.
pub(super) fn show_namespace(namespace: &Namespace, associations: &[Association]) -> Value {
    let mut view = json!({
        "namespace": namespace.namespace,
        "visibility": namespace.visibility,
        "protected": namespace.protected,
        "owner": namespace.owner,
        "created_at": time(namespace.created_at),
        "updated_at": time(namespace.updated_at),
        "self": format!("/v2/metadefs/namespaces/{}", namespace.namespace),
        "schema": "/v2/schemas/metadefs/namespace",
    });
    if let Some(display_name) = &namespace.display_name {
        view["display_name"] = Value::String(display_name.clone());
    }
    if let Some(description) = &namespace.description {
        view["description"] = Value::String(description.clone());
    }
    if !associations.is_empty() {
        view["resource_type_associations"] =
            Value::Array(associations.iter().map(show_association).collect());
    }
    view
}

/// A namespace with everything in it as replies show it.
pub(super) fn show_whole(whole: &Whole) -> Value {
    let mut view = show_namespace(&whole.namespace, &whole.associations);
    let name = &whole.namespace.namespace;
    if !whole.properties.is_empty() {
        view["properties"] = properties(&whole.properties);
    }
    if !whole.objects.is_empty() {
        let all = whole.objects.iter().map(|one| show_part(PartKind::Object, one, name));
        view["objects"] = Value::Array(all.collect());
    }
    if !whole.tags.is_empty() {
        view["tags"] = Value::Array(whole.tags.iter().map(|one| json!({"name": one.name})).collect());
    }
    view
}
