// Shows what the studio tells this browser while no page of it is open. Nothing is cached and no request is touched.
self.addEventListener('push', (event) => {
  const message = event.data?.json()
  if (!message) return
  event.waitUntil(
    self.registration.showNotification(message.title, {
      body: message.body,
      icon: '/favicon.svg',
      // The same notification twice is shown once.
      tag: message.id,
      data: { href: message.href },
    }),
  )
})

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const address = new URL(event.notification.data?.href ?? '/', self.location.origin)
  // Whatever a message says, it leads nowhere but to this site.
  const href = address.origin === self.location.origin ? address.href : self.location.origin
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then((pages) => {
      const open = pages.find((page) => page.url === href)
      return open ? open.focus() : self.clients.openWindow(href)
    }),
  )
})
