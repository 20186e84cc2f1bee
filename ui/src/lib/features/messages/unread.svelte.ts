import { call } from '#lib/api/client.ts'

/** How much was told to this person and not read yet, and what is due; shown in the frame. */
class Unread {
  messages = $state(0)
  reminders = $state(0)
  overdue = $state(0)
  /** Counts what was heard of: lists look again when it changes. */
  news = $state(0)

  /** Asks the hub; what cannot be had leaves the numbers as they were. */
  async refresh(): Promise<void> {
    const [messages, reminders] = await Promise.all([
      call('GET /api/messages/count').catch(() => null),
      call('GET /api/reminders/count').catch(() => null),
    ])
    if (messages) this.messages = messages.unread
    if (reminders) {
      this.reminders = reminders.open
      this.overdue = reminders.overdue
    }
    this.news++
  }
}
export const unread = new Unread()
