#!/bin/sh
# Makes an authority of your own and a certificate for the broker, for a try-out or a closed network.
#
#   make-certs.sh DIR NAME...      NAME: what clients call the broker, host names or addresses
#
# Leaves ca.crt (give it to every client), ca.key (keep it off the broker), server.crt and server.key in DIR.
# Refuses to overwrite an authority; run again with the same DIR, it renews the broker's certificate.
set -eu
umask 077

if [ "$#" -lt 2 ]; then
  echo "usage: $0 DIR NAME..." >&2
  exit 2
fi
dir=$1
shift

names=
for name in "$@"; do
  case $name in
    *[!0-9.]*) case $name in *:*) kind=IP ;; *) kind=DNS ;; esac ;;
    *) kind=IP ;;
  esac
  names="$names${names:+,}$kind:$name"
done

mkdir -p "$dir"
cd "$dir"

if [ ! -e ca.key ]; then
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Lamplight broker authority" -out ca.crt \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
fi

openssl ecparam -name prime256v1 -genkey -noout -out server.key
cat >server.ext <<EXT
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=$names
EXT
openssl req -new -key server.key -sha256 -subj "/CN=$1" -out server.csr
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 397 \
  -extfile server.ext -out server.crt 2>/dev/null
rm server.csr server.ext
chmod 0644 ca.crt server.crt
echo "$dir: ca.crt for clients, server.crt and server.key for the broker ($names)"
