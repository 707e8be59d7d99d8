//! `src/bindings.rs` says what the installed header says. A C program declares all of it once more, as
//! Rust believes it to be, behind the header: the compiler refuses what differs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_declaration_is_that_of_the_header() {
    let source = program(&declarations());
    let output = compile(&source);
    assert!(output.is_empty(), "{output}\n{source}");
}

#[test]
fn a_declaration_that_differs_is_found() {
    for (from, to) in [
        (
            "extern repolock_status_t repolock_release(",
            "extern int64_t repolock_release(",
        ),
        ("size_t len", "int32_t len"),
        ("REPOLOCK_E_HELD == -4", "REPOLOCK_E_HELD == -5"),
        (
            "typedef int32_t (*repolock_body_cb)",
            "typedef void (*repolock_body_cb)",
        ),
    ] {
        let source = program(&declarations());
        assert!(source.contains(from), "{from}");
        assert!(!compile(&source.replace(from, to)).is_empty(), "{to}");
    }
}

#[test]
fn nothing_of_the_header_is_missing() {
    let header = without_comments(
        &fs::read_to_string(include_directory().join("repolock/repolock.h")).unwrap(),
    );
    let known = names(include_str!("../src/bindings.rs"));
    let missing: Vec<String> = names(&header)
        .into_iter()
        .filter(|name| !["REPOLOCK_H", "REPOLOCK_API"].contains(&name.as_str()))
        .filter(|name| !known.contains(name) && !known.contains(&format!("{name}_t")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn include_directory() -> PathBuf {
    let output = Command::new("pkg-config")
        .args(["--variable=includedir", "repolock"])
        .output()
        .expect("this test needs pkg-config on the PATH");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Every name that is librepolock's own.
fn names(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("repolock_") || word.starts_with("REPOLOCK_"))
        .map(String::from)
        .collect()
}

fn without_comments(text: &str) -> String {
    text.split("/*")
        .map(|part| part.split_once("*/").map_or(part, |(_, code)| code))
        .collect()
}

/// The statements of bindings.rs.
fn declarations() -> Vec<String> {
    let code: Vec<&str> = include_str!("../src/bindings.rs")
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    code.join(" ")
        .replace("extern \"C\" {", ";")
        .split(';')
        .map(|each| each.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn program(declarations: &[String]) -> String {
    let mut lines = vec![String::from("#include <repolock/repolock.h>")];
    for each in declarations {
        if let Some(constant) = each.strip_prefix("pub const ") {
            let (name, value) = constant.split_once('=').unwrap();
            let name = name.split_once(':').unwrap().0;
            lines.push(format!("_Static_assert({name} =={value}, \"{name}\");"));
        } else if let Some(function) = each.strip_prefix("pub fn ") {
            let (name, signature) = function.split_once('(').unwrap();
            lines.push(format!("extern {};", in_c(name, signature)));
        } else if let Some(alias) = each.strip_prefix("pub type ") {
            let (name, what) = alias.split_once(" = ").unwrap();
            lines.push(match what.strip_prefix("Option<unsafe extern \"C\" fn(") {
                Some(signature) => {
                    let signature = signature.strip_suffix('>').unwrap();
                    format!("typedef {};", in_c(&format!("(*{name})"), signature))
                }
                None => format!("typedef {} {name};", type_in_c(what)),
            });
        }
    }
    lines.push(String::from("int main(void) { return 0; }\n"));
    lines.join("\n")
}

/// `name: type, ...) -> type` of Rust, as a declaration of C.
fn in_c(name: &str, signature: &str) -> String {
    let (parameters, result) = signature.rsplit_once(')').unwrap();
    let result = result
        .trim()
        .strip_prefix("-> ")
        .map_or("void".into(), type_in_c);
    let parameters: Vec<String> = parameters
        .split(',')
        .filter_map(|each| each.split_once(':'))
        .map(|(name, kind)| {
            format!(
                "{} {}",
                type_in_c(kind.trim()),
                name.trim().trim_start_matches("r#")
            )
        })
        .collect();
    match parameters.is_empty() {
        true => format!("{result} {name}(void)"),
        false => format!("{result} {name}({})", parameters.join(", ")),
    }
}

fn type_in_c(kind: &str) -> String {
    if let Some(target) = kind.strip_prefix("*mut ") {
        return format!("{} *", type_in_c(target));
    }
    if let Some(target) = kind.strip_prefix("*const ") {
        return format!("{} const *", type_in_c(target));
    }
    let name = match kind {
        "i32" => "int32_t",
        "i64" => "int64_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        "c_char" => "char",
        "c_void" => "void",
        same => same,
    };
    name.into()
}

/// What the C compiler has against it.
fn compile(source: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{:x}.c", hash(source)));
    fs::write(&path, source).unwrap();
    let compiler = env::var("CC").unwrap_or_else(|_| String::from("cc"));
    let output = Command::new(compiler)
        .args([
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-pedantic-errors",
            "-fsyntax-only",
            "-I",
        ])
        .arg(include_directory())
        .arg(&path)
        .output()
        .expect("this test needs a C compiler: cc, or what CC names");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn hash(text: &str) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
