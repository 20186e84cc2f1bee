/** Does an MQTT topic match a filter with `+` and `#`. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const given = topic.split('/')
  // Wildcards do not match the broker's own topics (MQTT 3.1.1, 4.7.2)
  if (given[0]!.startsWith('$') && wanted[0] !== given[0]) return false
  for (let level = 0; level < wanted.length; level++) {
    if (wanted[level] === '#') return true
    if (level >= given.length) return false
    if (wanted[level] !== '+' && wanted[level] !== given[level]) return false
  }
  return wanted.length === given.length
}
