//! Finds the installed library with pkg-config. Documentation is built without it.

fn main() {
    println!("cargo:rerun-if-env-changed=DOCS_RS");
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    // 0.1 or a later 0.x: the same that `repolock` asks of the library which is loaded.
    match pkg_config::Config::new()
        .range_version("0.1".."1")
        .probe("repolock")
    {
        Ok(library) => {
            if let Some(directory) = library.include_paths.first() {
                println!("cargo:include={}", directory.display());
            }
        }
        Err(error) => {
            eprintln!(
                "The C library librepolock 0.1, or a later 0.x, was not found: install it, and if it \
                 is in a directory of its own set PKG_CONFIG_PATH=/dir/lib/pkgconfig.\n\n{error}"
            );
            std::process::exit(1);
        }
    }
}
