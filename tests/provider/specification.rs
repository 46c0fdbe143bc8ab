//! What providers specify of the requests that we make: Twilio's own document made stricter, and the others restated.

use serde_json::{Value, json};

pub const RESOURCE: &str = "/2010-04-01/Accounts/{AccountSid}/Messages.json";

/// Twilio's one resource that we create texts with, as strict as Twilio itself, and what else we send to.
///
/// Parameters that nobody knows cannot be forbidden here: Prism drops them before it looks. See [`parameters`].
pub fn hardened(mut original: Value) -> Value {
    let mut resource = original["paths"][RESOURCE].take();
    let create = &mut resource["post"];
    let content = &mut create["requestBody"]["content"]["application/x-www-form-urlencoded"];
    content["schema"]["oneOf"] = json!([{ "required": ["From"] }, { "required": ["MessagingServiceSid"] }]);
    content["schema"]["required"] = json!(["To", "Body"]);
    let properties = &mut content["schema"]["properties"];
    for number in ["To", "From"] {
        properties[number]["pattern"] = json!("^\\+[1-9][0-9]{6,14}$");
    }
    properties["Body"]["minLength"] = json!(1);
    properties["Body"]["maxLength"] = json!(1600);
    properties["ValidityPeriod"]["minimum"] = json!(1);
    properties["ValidityPeriod"]["maximum"] = json!(36_000);
    content["encoding"] = json!({ "MediaUrl": { "style": "form", "explode": true } });
    let busy =
        json!({ "code": 20_429, "message": "busy", "more_info": "https://www.twilio.com", "status": 429 });
    create["responses"]["429"] =
        json!({ "description": "too many", "content": { "application/json": { "example": busy } } });
    original["components"]["securitySchemes"]["bearer"] = json!({ "type": "http", "scheme": "bearer" });
    original["components"]["securitySchemes"]["basic"] = json!({ "type": "http", "scheme": "basic" });
    original["paths"] =
        json!({ RESOURCE: resource, "/v2/notifications/sms": notify(), "/messages": android() });
    original
}

/// The names of the parameters that Twilio knows.
pub fn parameters(original: &Value) -> Vec<String> {
    let pointer = "/post/requestBody/content/application~1x-www-form-urlencoded/schema/properties";
    let resource = &original["paths"][RESOURCE];
    resource.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect()
}

/// Restated from alphagov/notifications-tech-docs 728dd6b, `SendTextMessageRequest`; further fields are refused, as
/// Notify's own list of schema errors says.
fn notify() -> Value {
    let uuid = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["phone_number", "template_id"],
        "properties": {
            "phone_number": { "type": "string", "minLength": 7, "maxLength": 15 },
            "template_id": { "type": "string", "pattern": uuid },
            "personalisation": { "type": "object", "additionalProperties": { "type": "string" } },
            "reference": { "type": "string", "maxLength": 1000 },
            "sms_sender_id": { "type": "string", "pattern": uuid },
        },
    });
    created(201, "bearer", &schema, &json!({ "id": "740e5834-3a29-46b4-9a6f-16142fde533a" }))
}

/// Restated from capcom6/android-sms-gateway 0cdc5d8, `PostMessageRequest`.
fn android() -> Value {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["phoneNumbers", "textMessage"],
        "properties": {
            "id": { "type": "string", "maxLength": 36 },
            "textMessage": {
                "type": "object", "additionalProperties": false, "required": ["text"],
                "properties": { "text": { "type": "string", "minLength": 1 } },
            },
            "phoneNumbers": {
                "type": "array", "minItems": 1, "maxItems": 100,
                "items": { "type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$" },
            },
            "ttl": { "type": "integer", "minimum": 1 },
            "withDeliveryReport": { "type": "boolean" },
            "simNumber": { "type": "integer", "minimum": 1 },
        },
    });
    created(202, "basic", &schema, &json!({ "id": "e1m0", "state": "Pending" }))
}

fn created(status: u16, scheme: &str, schema: &Value, answer: &Value) -> Value {
    json!({ "post": {
        "security": [{ scheme: [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": { status.to_string(): {
            "description": "taken", "content": { "application/json": { "example": answer } },
        } },
    } })
}
