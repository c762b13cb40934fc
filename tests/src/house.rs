//! The house itself: which crate may know which, and that the drawings of it are true.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::Value;

/// What each crate of ours may depend on, tests aside. `kernel ← domain ← persistence ← api ← tests`, `access`
/// beside the domains; domain crates do not know each other.
fn allowed(package: &str) -> Option<&'static [&'static str]> {
    const PURE: &[&str] = &["kernel", "chrono", "serde", "thiserror", "utoipa", "uuid"];
    match package {
        // Composing characters is what a text is, so the kernel does it (see docs/adr).
        "kernel" => Some(&["chrono", "chrono-tz", "serde", "thiserror", "unicode-normalization", "utoipa", "uuid"]),
        "access" | "files" | "organisations" | "initiatives" | "policy" => Some(PURE),
        _ => None,
    }
}

fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo describes the workspace");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo answers in JSON");
    let packages = metadata["packages"].as_array().expect("there are packages").iter();
    packages
        .map(|package| {
            let needed = package["dependencies"].as_array().into_iter().flatten().filter(|dependency| dependency["kind"].is_null());
            (text(package, "name"), needed.map(|dependency| text(dependency, "name")).collect())
        })
        .collect()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_crate_knows_only_what_lies_below_it() {
    let dependencies = dependencies();
    for (package, needed) in &dependencies {
        if let Some(allowed) = allowed(package) {
            for needed in needed {
                assert!(allowed.contains(&needed.as_str()), "{package} must not depend on {needed}");
            }
        }
        let knows = |name: &str| needed.iter().any(|needed| needed == name);
        assert!(!knows("diesel") || matches!(package.as_str(), "persistence" | "tests"), "{package} names diesel");
        assert!(!knows("actix-web") || matches!(package.as_str(), "api" | "tests"), "{package} names actix");
        assert!(!knows("api") || package == "tests", "{package} depends on api");
        assert!(!knows("persistence") || matches!(package.as_str(), "api" | "tests"), "{package} depends on persistence");
    }
    assert!(dependencies.len() >= 7);
}

#[test]
fn the_drawn_states_are_the_states() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/states.md");
    let drawn = std::fs::read_to_string(&file).unwrap_or_default();
    for diagram in [
        initiatives::mermaid(),
        initiatives::report_mermaid(),
        organisations::invitation_mermaid(),
        organisations::signing_mermaid(),
        organisations::eligibility_mermaid(),
        initiatives::term_mermaid(),
    ] {
        assert!(drawn.contains(&diagram), "docs/states.md should hold\n{diagram}");
    }
    let memberships: String = organisations::MEMBERSHIP_TRANSITIONS
        .iter()
        .map(|(from, command, to)| format!("    {} --> {}: {command}\n", from.as_str(), to.as_str()))
        .collect();
    assert!(drawn.contains(&memberships), "docs/states.md should hold\n{memberships}");
}
