module github.com/librepolock/librepolock/bindings/go

go 1.19

require go.uber.org/goleak v1.2.1 // the tests alone
