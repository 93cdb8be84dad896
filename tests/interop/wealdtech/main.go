// Opens exported keystores with the encryptor of wealdtech's wallets, which Vouch, Dirk and ethdo
// use. The first argument is the JSON file that keystores.mjs reads too.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	keystorev4 "github.com/wealdtech/go-eth2-wallet-encryptor-keystorev4"
)

type task struct {
	Keystores []struct {
		File     string `json:"file"`
		Password string `json:"password"`
		Secret   string `json:"secret"`
	} `json:"keystores"`
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func read(path string, into any) {
	text, err := os.ReadFile(path)
	must(err)
	must(json.Unmarshal(text, into))
}

func main() {
	var work task
	read(os.Args[1], &work)
	for _, entry := range work.Keystores {
		var keystore struct {
			Crypto  map[string]any `json:"crypto"`
			Version uint           `json:"version"`
		}
		read(entry.File, &keystore)
		encryptor := keystorev4.New()
		if keystore.Version != encryptor.Version() {
			panic("another version")
		}
		secret, err := encryptor.Decrypt(keystore.Crypto, entry.Password)
		must(err)
		if hex.EncodeToString(secret) != entry.Secret {
			panic("another secret")
		}
	}
	fmt.Printf("go-eth2-wallet-encryptor-keystorev4 opens %d exported keystores\n", len(work.Keystores))
}
