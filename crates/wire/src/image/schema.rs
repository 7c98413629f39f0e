//! `GET /v2/schemas/…`: what the fields of the Image API are, for clients that build objects from it.

use serde_json::{Map, Value, json};

use super::Formats;

/// A kind of thing that has a schema.
type Make = fn(&Formats) -> Value;

/// Every schema below `/v2/schemas/`: its path, its name, its fields, and the path of its items for a list.
const ITEMS: &[(&str, &str, Make)] = &[
    ("image", "image", image),
    ("member", "member", member),
    ("task", "task", task),
    ("metadefs/namespace", "namespace", namespace),
    ("metadefs/resource_type", "resource_type_association", resource_type),
    ("metadefs/property", "property", property),
    ("metadefs/object", "object", object),
    ("metadefs/tag", "tag", tag),
];

const LISTS: &[(&str, &str, &str)] = &[
    ("images", "images", "image"),
    ("members", "members", "member"),
    ("tasks", "tasks", "task"),
    ("metadefs/namespaces", "namespaces", "metadefs/namespace"),
    ("metadefs/resource_types", "resource_type_associations", "metadefs/resource_type"),
    ("metadefs/properties", "properties", "metadefs/property"),
    ("metadefs/objects", "objects", "metadefs/object"),
    ("metadefs/tags", "tags", "metadefs/tag"),
];

/// The schema at `path`, such as `metadefs/tag`.
#[must_use]
pub fn of(path: &str, formats: &Formats) -> Option<Value> {
    if let Some((_, name, make)) = ITEMS.iter().find(|(known, ..)| *known == path) {
        return Some(item(name, make(formats)));
    }
    let (_, name, of) = LISTS.iter().find(|(known, ..)| *known == path)?;
    let (_, item_name, make) = ITEMS.iter().find(|(known, ..)| known == of)?;
    let mut properties = Map::new();
    properties.insert((*name).to_owned(), json!({"type": "array", "items": item(item_name, make(formats))}));
    for link in ["schema", "next", "first"] {
        properties.insert(link.to_owned(), json!({"type": "string"}));
    }
    Some(json!({
        "name": name,
        "properties": properties,
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }))
}

fn item(name: &str, properties: Value) -> Value {
    let mut schema = json!({"name": name, "properties": properties});
    match name {
        "image" => {
            schema["additionalProperties"] = json!({"type": "string"});
            schema["links"] = json!([
                {"rel": "self", "href": "{self}"},
                {"rel": "enclosure", "href": "{file}"},
                {"rel": "describedby", "href": "{schema}"},
            ]);
        }
        "namespace" => {
            schema["required"] = json!(["namespace"]);
            schema["additionalProperties"] = json!(false);
        }
        "property" => schema["required"] = json!(["type", "title", "name"]),
        "object" | "tag" | "resource_type_association" => {
            schema["required"] = json!(["name"]);
            schema["additionalProperties"] = json!(false);
        }
        _ => {}
    }
    schema
}

fn text(description: &str, longest: usize) -> Value {
    json!({"type": "string", "description": description, "maxLength": longest})
}

fn maybe(description: &str, longest: usize) -> Value {
    json!({"type": ["null", "string"], "description": description, "maxLength": longest})
}

fn computed(mut field: Value) -> Value {
    field["readOnly"] = json!(true);
    field
}

fn at(description: &str) -> Value {
    json!({"type": "string", "description": description, "readOnly": true})
}

fn one_of(description: &str, known: &[String]) -> Value {
    let mut words = vec![Value::Null];
    words.extend(known.iter().cloned().map(Value::String));
    json!({"type": ["null", "string"], "description": description, "enum": words})
}

fn image(formats: &Formats) -> Value {
    let identifier =
        "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";
    json!({
        "id": {"type": "string", "description": "Identifier of the image", "pattern": identifier},
        "name": maybe("Name of the image", 255),
        "status": {
            "type": "string",
            "readOnly": true,
            "description": "What the image is doing",
            "enum": model::ImageStatus::ALL,
        },
        "visibility": {
            "type": "string",
            "description": "Who sees the image",
            "enum": ["community", "public", "private", "shared"],
        },
        "protected": {"type": "boolean", "description": "Whether the image cannot be deleted"},
        "os_hidden": {"type": "boolean", "description": "Whether lists leave the image out"},
        "checksum": computed(maybe("MD5 of the data", 32)),
        "os_hash_algo": computed(maybe("Name of the second hash", 64)),
        "os_hash_value": computed(maybe("Second hash of the data, in hexadecimal", 128)),
        "owner": maybe("Project that owns the image", 255),
        "size": {"type": ["null", "integer"], "readOnly": true, "description": "Bytes of the data"},
        "virtual_size": {"type": ["null", "integer"], "readOnly": true, "description": "Bytes of the disk in the data"},
        "container_format": one_of("What is around the disk", &formats.container),
        "disk_format": one_of("What the disk is", &formats.disk),
        "created_at": at("When the image was made"),
        "updated_at": at("When the image was last changed"),
        "tags": {
            "type": "array",
            "description": "Words to find the image by",
            "items": {"type": "string", "maxLength": 255},
        },
        "direct_url": at("Where the data are in their store"),
        "min_ram": {"type": "integer", "description": "MiB of memory that the image needs"},
        "min_disk": {"type": "integer", "description": "GiB of disk that the image needs"},
        "self": at("Address of the image"),
        "file": at("Address of the data"),
        "stores": at("Stores that keep a copy of the data, separated by commas"),
        "schema": at("Address of this schema"),
        "locations": locations(),
    })
}

fn locations() -> Value {
    json!({
        "type": "array",
        "description": "Where the data are",
        "items": {
            "type": "object",
            "required": ["url", "metadata"],
            "properties": {
                "url": {"type": "string", "maxLength": 255},
                "metadata": {"type": "object"},
                "validation_data": {
                    "type": "object",
                    "writeOnly": true,
                    "additionalProperties": false,
                    "description": "Hashes of the data, as the image is to have or has them",
                    "properties": {
                        "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
                        "os_hash_algo": {"type": "string", "maxLength": 64},
                        "os_hash_value": {"type": "string", "maxLength": 128},
                    },
                    "required": ["os_hash_algo", "os_hash_value"],
                },
            },
        },
    })
}

fn member(_: &Formats) -> Value {
    json!({
        "created_at": at("When the image was shared"),
        "image_id": text("The image", 36),
        "member_id": text("The project that the image is shared with", 255),
        "schema": {"type": "string"},
        "status": {
            "type": "string",
            "description": "What the project says to the image",
            "enum": model::MemberStatus::ALL,
        },
        "updated_at": at("When that last changed"),
    })
}

fn task(_: &Formats) -> Value {
    json!({
        "id": text("Identifier of the task", 36),
        "type": {"type": "string", "description": "What is done", "enum": ["import", "api_image_import"]},
        "status": {
            "type": "string",
            "description": "How far it is",
            "enum": ["pending", "processing", "success", "failure"],
        },
        "input": {"type": ["null", "object"], "description": "What was asked for"},
        "result": {"type": ["null", "object"], "description": "What came of it"},
        "owner": {"type": "string", "description": "Project that asked"},
        "message": {"type": "string", "description": "Why it failed"},
        "image_id": {"type": ["null", "string"], "description": "The image"},
        "request_id": {"type": ["null", "string"], "description": "The request that asked"},
        "user_id": {"type": ["null", "string"], "description": "The user who asked"},
        "expires_at": {"type": ["null", "string"], "description": "When the task is forgotten"},
        "created_at": at("When it was asked for"),
        "updated_at": at("When it last moved"),
        "self": {"type": "string"},
        "schema": {"type": "string"},
    })
}

fn namespace(_: &Formats) -> Value {
    json!({
        "schema": at("Address of this schema"),
        "self": at("Address of the namespace"),
        "namespace": text("Name of the namespace", 80),
        "display_name": text("Name for people", 80),
        "description": text("What it is for", 500),
        "visibility": {"type": "string", "description": "Who sees it", "enum": ["public", "private"]},
        "protected": {"type": "boolean", "description": "Whether it cannot be deleted"},
        "owner": text("Project that owns it", 255),
        "created_at": at("When it was made"),
        "updated_at": at("When it was last changed"),
        "resource_type_associations": {"type": "array", "items": {"type": "object"}},
        "properties": {"type": "object"},
        "objects": {"type": "array", "items": {"type": "object"}},
        "tags": {"type": "array", "items": {"type": "object"}},
    })
}

fn resource_type(_: &Formats) -> Value {
    json!({
        "name": text("Name of the resource type", 80),
        "prefix": text("What stands before the names of properties on such resources", 80),
        "properties_target": text("Which part of the resource has the properties", 80),
        "created_at": at("When it was associated"),
        "updated_at": at("When that last changed"),
    })
}

fn definition() -> Map<String, Value> {
    let fields = json!({
        "title": {"type": "string"},
        "description": {"type": "string"},
        "operators": {"type": "array", "items": {"type": "string"}},
        "type": {"type": "string", "enum": ["array", "boolean", "integer", "number", "object", "string", null]},
        "required": {"type": "array", "items": {"type": "string"}},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "maxLength": {"type": "integer"},
        "minLength": {"type": "integer"},
        "pattern": {"type": "string", "format": "regex"},
        "enum": {"type": "array"},
        "readonly": {"type": "boolean"},
        "default": {},
        "items": {"type": "object"},
        "uniqueItems": {"type": "boolean"},
        "minItems": {"type": "integer"},
        "maxItems": {"type": "integer"},
        "additionalItems": {"type": "boolean"},
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn property(_: &Formats) -> Value {
    let mut fields = definition();
    fields.insert("name".to_owned(), json!({"type": "string", "maxLength": 255}));
    Value::Object(fields)
}

fn object(_: &Formats) -> Value {
    json!({
        "schema": at("Address of this schema"),
        "self": at("Address of the object"),
        "name": {"type": "string", "maxLength": 255},
        "description": {"type": "string"},
        "required": {"type": "array", "items": {"type": "string"}},
        "properties": {"type": "object", "additionalProperties": {"type": "object", "properties": definition()}},
        "created_at": at("When it was made"),
        "updated_at": at("When it was last changed"),
    })
}

fn tag(_: &Formats) -> Value {
    json!({
        "name": {"type": "string", "maxLength": 255},
        "created_at": at("When it was made"),
        "updated_at": at("When it was last changed"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_has_its_name_and_its_items() {
        let formats = Formats { disk: vec!["raw".to_owned()], container: vec!["bare".to_owned()] };
        for (path, name, _) in ITEMS {
            assert_eq!(of(path, &formats).unwrap()["name"], *name);
        }
        for (path, name, _) in LISTS {
            let schema = of(path, &formats).unwrap();
            assert_eq!(schema["name"], *name);
            assert!(schema["properties"][*name]["items"]["properties"].is_object());
        }
        assert_eq!(of("nothing", &formats), None);
        let image = of("image", &formats).unwrap();
        assert_eq!(image["properties"]["disk_format"]["enum"], json!([null, "raw"]));
    }
}
