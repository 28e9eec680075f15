//! What the server says of itself.

use axum::http::Method;
use rstest::rstest;
use serde_json::json;

use super::{given, request};

#[tokio::test]
async fn the_configuration_says_what_there_is() {
    let shown = given().get("/ServiceProviderConfig").await;

    insta::assert_snapshot!(format!("{:#}", shown.json()), @r#"
    {
      "authenticationSchemes": [
        {
          "description": "An API key of the organization as Bearer token.",
          "name": "API key",
          "primary": true,
          "specUri": "https://www.rfc-editor.org/info/rfc6750",
          "type": "oauthbearertoken"
        }
      ],
      "bulk": {
        "maxOperations": 1000,
        "maxPayloadSize": 1048576,
        "supported": true
      },
      "changePassword": {
        "supported": false
      },
      "etag": {
        "supported": true
      },
      "filter": {
        "maxResults": 200,
        "supported": true
      },
      "meta": {
        "location": "https://roster.example/scim/v2/ServiceProviderConfig",
        "resourceType": "ServiceProviderConfig"
      },
      "pagination": {
        "cursor": true,
        "defaultPageSize": 100,
        "defaultPaginationMethod": "index",
        "index": true,
        "maxPageSize": 200
      },
      "patch": {
        "supported": true
      },
      "schemas": [
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
      ],
      "sort": {
        "supported": true
      }
    }
    "#);
}

#[tokio::test]
async fn every_type_and_schema_is_found_by_its_name() {
    let given = given();
    let types = given.get("/ResourceTypes").await;
    let schemas = given.get("/Schemas").await;

    assert_eq!(types.found("name"), ["User", "Group"]);
    assert_eq!(
        schemas.found("name"),
        [
            "User",
            "EnterpriseUser",
            "RosterUser",
            "Group",
            "ServiceProviderConfig",
            "ResourceType",
            "Schema"
        ]
    );
    for (list, path) in [(&types, "/ResourceTypes"), (&schemas, "/Schemas")] {
        for one in list.json()["Resources"].as_array().unwrap() {
            let found = given.get(&format!("{path}/{}", one["id"].as_str().unwrap())).await;
            assert_eq!(found.json(), *one);
            assert_eq!(
                one["meta"]["location"].as_str().unwrap(),
                format!("https://roster.example/scim/v2{path}/{}", one["id"].as_str().unwrap())
            );
        }
    }
}

#[tokio::test]
async fn a_schema_tells_all_of_an_attribute() {
    let schema = given()
        .get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")
        .await
        .json();
    let attribute = |name: &str| {
        let mut attributes = schema["attributes"].as_array().unwrap().iter();
        attributes.find(|attribute| attribute["name"] == name).cloned().unwrap()
    };

    let user_name = attribute("userName");
    assert_eq!(user_name["description"].as_str().map(str::is_empty), Some(false));
    let expected = json!({
        "name": "userName", "type": "string", "multiValued": false, "description": user_name["description"], "required": true,
        "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "server",
    });
    assert_eq!(user_name, expected);
    assert_eq!(attribute("emails")["subAttributes"][0]["name"], "value");
    assert_eq!(attribute("groups")["mutability"], "readOnly");
}

#[rstest]
#[case("/ServiceProviderConfig")]
#[case("/ResourceTypes")]
#[case("/ResourceTypes/User")]
#[case("/Schemas")]
#[case("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")]
#[tokio::test]
async fn what_the_server_says_of_itself_is_only_read(#[case] path: &str) {
    let given = given();

    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = given.send(request(method, path, None, &[])).await;
        assert_eq!(answer.refusal(), (405, String::new()));
        assert_eq!(answer.header("allow"), "GET,HEAD");
    }
}

#[tokio::test]
async fn it_is_not_filtered() {
    let given = given();

    assert_eq!(given.get("/Schemas?filter=id+pr").await.refusal(), (403, String::new()));
    assert_eq!(
        given.get("/Schemas?startIndex=5&count=1").await.json()["totalResults"],
        7
    );
    assert_eq!(given.get("/Schemas/urn:example").await.refusal(), (404, String::new()));
    assert_eq!(
        given.get("/ResourceTypes/Printer").await.refusal(),
        (404, String::new())
    );
}
