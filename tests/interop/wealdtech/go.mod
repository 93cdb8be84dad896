module gantry-interop/wealdtech

go 1.26.8

require github.com/wealdtech/go-eth2-wallet-encryptor-keystorev4 v1.4.1

require (
	github.com/pkg/errors v0.9.1 // indirect
	golang.org/x/crypto v0.6.0 // indirect
	golang.org/x/text v0.7.0 // indirect
)
