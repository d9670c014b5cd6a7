const words = `
  123456789 1234567890 12345678 0123456789 987654321 9876543210 87654321 123123123 1234512345 12341234 11223344
  1122334455 123456789a 1234567a 12345678a a12345678 123456789q 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5
  1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1 qazwsxedc qazwsx123 qwertyui qwertyuiop qwerty12 qwerty123
  qwerty1234 qwerty12345 qwerty123456 123qweasd 123qweasdzxc 1234qwer qwer1234 qweasdzxc asdfghjk asdfghjkl asdf1234
  asdfasdf zxcvbnm1 zxcvbnm123 zxcvbnm, poiuytrewq mnbvcxz1 abcd1234 abcdefgh abc12345 abcdefg1 abcd12345 a1b2c3d4
  a1b2c3d4e5 aa123456 aa12345678 1234abcd 12345abc password password1 password12 password123 password1234 password12345
  password! password1! password123! password@123 password01 passw0rd p@ssw0rd p@ssword p@ssw0rd1 p@ssw0rd123 pa55word
  pa$$word passwort passwort1 motdepasse contraseña contrasena letmein1 letmein123 letmein! iloveyou iloveyou1
  iloveyou2 iloveyou! sunshine sunshine1 princess princess1 football football1 baseball baseball1 basketball
  superman superman1 batman123 spiderman spiderman1 starwars starwars1 pokemon123 dragon123 dragon12 monkey123
  monkey12 michael1 michelle jennifer jessica1 charlie1 ashley12 jordan23 computer computer1 internet internet1
  welcome1 welcome12 welcome123 welcome! welcome@123 administrator admin123 admin1234 admin12345 admin123456
  admin@123 adminadmin root1234 rootroot toor1234 changeme changeme1 changeme123 change-me default1 default123
  secret123 secret12 testtest test1234 test12345 testing1 testing123 test@123 guest123 user1234 username
  qwertyuiop123 trustno1 whatever whatever1 master123 mustang1 corvette ferrari1 mercedes porsche1 liverpool
  liverpool1 chelsea1 arsenal1 barcelona realmadrid juventus manchester rangers1 lakers24 yankees1 steelers
  cowboys1 hello123 hello1234 hellohello helloworld hunter12 hunter22 killer123 matrix123 freedom1 blink182
  metallica nirvana1 slipknot eminem123 samsung1 samsung123 google123 facebook facebook1 linkedin linkedin1 myspace1
  microsoft windows1 android1 minecraft minecraft1 fortnite roblox123 pokemon1 naruto123 butterfly flower123
  chocolate cheese123 cookie123 banana123 orange123 summer2020 summer2021 summer2022 summer2023 summer2024
  summer2025 winter2023 winter2024 winter2025 spring2024 spring2025 january1 december september november
  lovelove loveyou1 iloveu123 babygirl babygirl1 sweetheart beautiful forever1 jesus123 godisgood blessed1
  alexander elizabeth christian christopher nicholas victoria stephanie samantha veronica 19871987 19901990
  20002000 11111111 00000000 88888888 12121212 13131313 10101010 69696969 11112222 147258369 159357456 741852963
  789456123 456789123 147852369 159753456 31415926 3141592653 timbre123 timbretimbre passpass pass1234 pass12345
  pass@123 passphrase access14 access123 login123 loginlogin letmeinnow opensesame correcthorsebatterystaple
`

/** The passwords, of eight characters or more, that attackers try first; in lower case. */
export const refusedPasswords: ReadonlySet<string> = new Set(words.trim().split(/\s+/))
