import { paraglideVitePlugin } from '@inlang/paraglide-js'
import adapter from '@sveltejs/adapter-static'
import { sveltekit } from '@sveltejs/kit/vite'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'
import { messageOptions } from './messages.config.ts'

export default defineConfig({
  plugins: [
    tailwindcss(),
    paraglideVitePlugin(messageOptions),
    sveltekit({
      adapter: adapter({ pages: 'build', fallback: '200.html' }),
      version: { pollInterval: 0 },
    }),
  ],
  server: { proxy: { '/api': process.env['COURTYARD_HUB'] ?? 'http://localhost:8080' } },
})
