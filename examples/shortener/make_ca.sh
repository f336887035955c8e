#!/bin/sh
# A certificate authority for one run, and a certificate of its for this machine: sh make_ca.sh FOLDER
#
# Leaves ca.pem, which the sender is told to trust, and server.pem and server.key, with which the receivers serve. The
# authority's own key is deleted at once: nothing else can ever be signed with it.
set -eu
cd "$1"
umask 077

cat >openssl.cnf <<'END'
[req]
distinguished_name = name
prompt = no
[name]
commonName = hookwright demo
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END

new_key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
{
  # shellcheck disable=SC2086  # several words
  openssl req -x509 $new_key -config openssl.cnf -extensions authority -days 1 -keyout ca.key -out ca.pem
  # shellcheck disable=SC2086
  openssl req $new_key -config openssl.cnf -subj /CN=localhost -keyout server.key -out server.csr
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 \
    -extfile openssl.cnf -extensions server -out server.pem
} >openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }
rm -f ca.key ca.srl server.csr openssl.cnf openssl.log
