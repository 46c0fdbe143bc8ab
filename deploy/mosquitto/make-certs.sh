#!/bin/sh
# Makes an authority of your own and a certificate for the broker, for a try-out or a closed network.
#
#   make-certs.sh DIR NAME...           NAME: what clients call the broker, host names or addresses
#   make-certs.sh DIR --client ID...    a certificate each for devices and for the gateway, where the broker asks for one
#
# Leaves ca.crt (give it to every client), ca.key (keep it off the broker), server.crt and server.key in DIR, and for
# each client ID.crt and ID.key. Never overwrites an authority; run again with the same DIR, it renews certificates.
set -eu
umask 077

if [ "$#" -lt 2 ] || { [ "$2" = --client ] && [ "$#" -lt 3 ]; }; then
  echo "usage: $0 DIR NAME..., or $0 DIR --client ID..." >&2
  exit 2
fi
dir=$1
shift

# sign FILE SUBJECT: a new key, and a certificate of the authority for it. Extensions come from FILE.ext, which it takes.
sign() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
  openssl req -new -key "$1.key" -sha256 -subj "/CN=$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 397 \
    -extfile "$1.ext" -out "$1.crt" 2>/dev/null
  rm "$1.csr" "$1.ext"
  chmod 0644 "$1.crt"
}

if [ "$1" = --client ]; then
  shift
  cd "$dir"
  for id in "$@"; do
    case $id in
      ca | server | *[!A-Za-z0-9._-]*) echo "$0: '$id' cannot be a client's name" >&2; exit 2 ;;
    esac
    cat >"$id.ext" <<EXT
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth
EXT
    sign "$id" "$id"
  done
  echo "$dir: a certificate and a key for each of: $*"
  exit
fi

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

cat >server.ext <<EXT
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=$names
EXT
sign server "$1"
chmod 0644 ca.crt
echo "$dir: ca.crt for clients, server.crt and server.key for the broker ($names)"
