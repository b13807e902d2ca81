//! The document as a page to read: calls by what they are about, then the bodies they name.
//!
//! Invariant: every text of the document is escaped.

use serde_json::{Map, Value};
use std::fmt::Write;

/// The page.
pub(super) fn html(document: &Value) -> String {
    let mut page = Page(String::new());
    page.raw(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/api/docs/page.css\"><title>",
    );
    page.text(word(&document["info"], "title"));
    page.raw("</title></head><body><h1>");
    page.text(word(&document["info"], "title"));
    page.raw("</h1><p>");
    page.prose(word(&document["info"], "description"));
    page.raw("</p><p><a href=\"/api/v1/openapi.json\">openapi.json</a></p>");
    let calls = calls(document);
    let mut tags: Vec<&str> = calls.iter().map(|call| call.tag()).collect();
    tags.dedup();
    tags.sort_unstable();
    tags.dedup();
    for tag in tags {
        page.raw("<h2>");
        page.text(tag);
        page.raw("</h2>");
        for call in calls.iter().filter(|call| call.tag() == tag) {
            page.call(call);
        }
    }
    page.raw("<h2>bodies</h2>");
    if let Some(schemas) = document["components"]["schemas"].as_object() {
        for (name, schema) in schemas {
            page.schema(name, schema);
        }
    }
    page.raw("</body></html>");
    page.0
}

struct Call<'a> {
    method: &'a str,
    path: &'a str,
    operation: &'a Value,
}

impl Call<'_> {
    fn tag(&self) -> &str {
        self.operation["tags"][0].as_str().unwrap_or("other")
    }
}

fn calls(document: &Value) -> Vec<Call<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| Call {
                method,
                path,
                operation,
            })
        })
        .collect()
}

struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    /// A text of ours: what stands between backticks is code, and brackets around it are a link in
    /// other documents only.
    fn prose(&mut self, text: &str) {
        let text = text.replace("[`", "`").replace("`]", "`");
        for (place, part) in text.split('`').enumerate() {
            let is_code = place % 2 == 1;
            self.raw(if is_code { "<code>" } else { "" });
            self.text(part);
            self.raw(if is_code { "</code>" } else { "" });
        }
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                other => self.0.push(other),
            }
        }
    }

    fn call(&mut self, call: &Call<'_>) {
        self.raw("<article><h3><b>");
        self.text(&call.method.to_uppercase());
        self.raw("</b> <code>");
        self.text(call.path);
        self.raw("</code></h3><p>");
        self.prose(word(call.operation, "summary"));
        self.raw("</p>");
        let callers = call.operation["x-callers"].as_array();
        let callers: Vec<&str> = callers
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        self.raw("<p>Who may: ");
        self.text(&callers.join("; "));
        if let Some(scope) = call.operation["x-scope"].as_str() {
            self.raw("; tools with <code>");
            self.text(scope);
            self.raw("</code>");
        }
        self.raw(".</p>");
        self.parameters(&call.operation["parameters"]);
        let bodies = &call.operation["requestBody"]["content"];
        self.contents("Body", bodies);
        let responses = call.operation["responses"]
            .as_object()
            .into_iter()
            .flatten();
        for (status, response) in responses {
            self.contents(status, &response["content"]);
        }
        self.raw("</article>");
    }

    fn parameters(&mut self, parameters: &Value) {
        let Some(parameters) = parameters.as_array() else {
            return;
        };
        self.raw("<table>");
        for parameter in parameters {
            self.raw("<tr><td><code>");
            self.text(word(parameter, "name"));
            self.raw("</code></td><td>");
            self.text(word(parameter, "in"));
            self.raw("</td><td>");
            self.prose(word(parameter, "description"));
            self.raw("</td></tr>");
        }
        self.raw("</table>");
    }

    fn contents(&mut self, what: &str, contents: &Value) {
        for (kind, content) in contents.as_object().into_iter().flatten() {
            self.raw("<p>");
            self.text(what);
            self.raw(": ");
            self.kind_of(&content["schema"]);
            self.raw(" <code>");
            self.text(kind);
            self.raw("</code></p>");
        }
    }

    fn schema(&mut self, name: &str, schema: &Value) {
        write!(self.0, "<article id=\"{}\"><h3>", anchor(name)).expect("a String takes any text");
        self.text(name);
        self.raw("</h3><p>");
        self.prose(word(schema, "description"));
        self.raw("</p>");
        let none = Map::new();
        let fields = schema["properties"].as_object().unwrap_or(&none);
        if fields.is_empty() {
            self.raw("<p>");
            self.kind_of(schema);
            self.raw("</p>");
        } else {
            self.raw("<table>");
            for (field, schema) in fields {
                self.raw("<tr><td><code>");
                self.text(field);
                self.raw("</code></td><td>");
                self.kind_of(schema);
                self.raw("</td><td>");
                self.prose(word(schema, "description"));
                self.raw("</td></tr>");
            }
            self.raw("</table>");
        }
        self.raw("</article>");
    }

    /// What a value is, in a few words.
    fn kind_of(&mut self, schema: &Value) {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|path| path.rsplit('/').next())
        {
            write!(self.0, "<a href=\"#{}\">", anchor(name)).expect("a String takes any text");
            self.text(name);
            self.raw("</a>");
        } else if let Some(words) = schema["enum"].as_array() {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            self.text(&words.join(" | "));
        } else if schema["type"] == "array" {
            self.raw("list of ");
            self.kind_of(&schema["items"]);
        } else if let Some(kinds) = ["oneOf", "anyOf", "allOf"]
            .iter()
            .find_map(|key| schema[*key].as_array())
        {
            for (place, kind) in kinds.iter().enumerate() {
                self.raw(if place == 0 { "" } else { " | " });
                self.kind_of(kind);
            }
        } else if let Some(kinds) = schema["type"].as_array() {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            self.text(&kinds.join(" | "));
        } else {
            self.text(word(schema, "type"));
        }
    }
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Names of types are letters and digits.
fn anchor(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}
