# The addon. By itself it contains the whole library, compiled against the libuv that is inside Node;
# with --use_system_repolock=true it is linked to the one that pkg-config knows.
{
  "variables": { "use_system_repolock%": "false" },
  "targets": [{
    "target_name": "repolock",
    "sources": [
      "native/addon.cc",
      "native/client.cc",
      "native/lease.cc",
      "native/mailbox.cc",
      "native/operation.cc",
      "native/values.cc"
    ],
    "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
    # The last one: a worker thread that is being terminated throws nothing more, and that is no fault.
    "defines": [
      "NAPI_VERSION=8",
      "NAPI_DISABLE_CPP_EXCEPTIONS",
      "NODE_ADDON_API_DISABLE_DEPRECATED",
      "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
    ],
    "cflags": ["-Wall", "-Wextra", "-Wno-restrict"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
    "cflags_cc": ["-std=c++20", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
    # A guest in Node, as the library's own .so: it shows its entry alone, and is never unmapped,
    # since a thread of the library may outlive its environment.
    "ldflags": [
      "-Wl,--version-script=<(module_root_dir)/native/addon.map",
      "-Wl,--exclude-libs,ALL",
      "-Wl,-z,nodelete,-z,now,-z,relro,-z,noexecstack"
    ],
    "conditions": [["use_system_repolock=='true'", {
      "cflags_cc": ["<!@(pkg-config --cflags repolock)"],
      "libraries": ["<!@(pkg-config --libs repolock)"]
    }, {
      "sources": ["<!@(node native/core.cjs)"],
      "include_dirs": ["../../include", "../../lib"],
      "cflags_cc": ["<!@(pkg-config --cflags-only-I hiredis)"],
      "libraries": ["-l:libhiredis.a", "-ldl", "-pthread"]
    }]]
  }]
}
