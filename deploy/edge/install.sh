#!/bin/sh
# Installs the agent from the folder that this script is in, or a newer version over an older one. Run as root.
# Data and configuration are never touched; the version before stays in /opt/courtyard-edge.old.
# DESTDIR=/some/root puts the files there and does nothing else to the machine.
set -eu

case $0 in
*/*) from=${0%/*} ;;
*) from=. ;;
esac
root=${DESTDIR:-}
program=/opt/courtyard-edge

fail() {
  echo "install.sh: $1" >&2
  exit 1
}
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'run it as root: sudo ./install.sh'
"$from/bin/node" --version >/dev/null 2>&1 || fail 'this package is for another processor or C library'

if [ -z "$root" ] && ! id courtyard-edge >/dev/null 2>&1; then
  useradd --system --user-group --home-dir /var/lib/courtyard-edge --no-create-home --shell /usr/sbin/nologin courtyard-edge
fi

mkdir -p "$root/opt" "$root/etc/courtyard-edge" "$root/etc/systemd/system" "$root/usr/local/bin"
rm -rf "$root$program.new"
cp -R "$from" "$root$program.new"
[ -n "$root" ] || chown -R root:root "$program.new"
rm -rf "$root$program.old"
[ ! -d "$root$program" ] || mv "$root$program" "$root$program.old"
mv "$root$program.new" "$root$program"

if [ ! -e "$root/etc/courtyard-edge/site.yaml" ]; then
  cp "$from/site.example.yaml" "$root/etc/courtyard-edge/site.yaml"
  # It may hold a token and passwords of devices.
  chmod 640 "$root/etc/courtyard-edge/site.yaml"
  [ -n "$root" ] || chown root:courtyard-edge /etc/courtyard-edge/site.yaml
fi

# As the service's user, so that what it writes is the service's.
cat >"$root/usr/local/bin/courtyard-edge" <<'WRAPPER'
#!/bin/sh
if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null; then
  exec runuser -u courtyard-edge -- /opt/courtyard-edge/courtyard-edge "$@"
fi
exec /opt/courtyard-edge/courtyard-edge "$@"
WRAPPER
chmod 755 "$root/usr/local/bin/courtyard-edge"
cp "$from/courtyard-edge.service" "$root/etc/systemd/system/courtyard-edge.service"

if [ -n "$root" ]; then
  echo "installed below $root"
  exit 0
fi
usermod -a -G dialout courtyard-edge 2>/dev/null || echo 'there is no group dialout: give courtyard-edge access to the serial ports'
install -d -m 700 -o courtyard-edge -g courtyard-edge /var/lib/courtyard-edge
systemctl daemon-reload
systemctl enable courtyard-edge.service
if systemctl is-active --quiet courtyard-edge.service; then
  systemctl restart courtyard-edge.service
  echo 'the new version runs'
else
  echo "Next: sudo courtyard-edge enrol 'courtyard://…'   (the link of the hub)"
  echo '      sudo systemctl start courtyard-edge'
fi
