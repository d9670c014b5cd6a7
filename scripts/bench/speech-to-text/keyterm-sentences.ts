/** What is read aloud to measure keyterms; by this project. */
export interface KeytermSentences {
  /** A term and a sentence that holds it. */
  holding: readonly (readonly [term: string, sentence: string])[]
  /** Sentences without any term, some of them with words that sound like one. */
  without: readonly string[]
  /** Voices of flite and espeak-ng. */
  voices: readonly string[]
}

/** For choosing settings: voices that the starter recogniser was trained on. */
const tuning: KeytermSentences = {
  holding: [
    ['Beatrice', 'my aunt Beatrice bought a house near the river'],
    ['Edinburgh', 'the train to Edinburgh leaves at nine in the morning'],
    ['Toronto', 'he has lived in Toronto for more than ten years'],
    ['Thornton', 'please ask doctor Thornton to call me back today'],
    ['walnut', 'there is a walnut tree behind the old school'],
    ['Margaret', 'we saw Margaret at the market with her children'],
    ['lantern', 'he put the lantern on the table and closed the door'],
    ['Philippa', 'the letter was written by Philippa and sent last week'],
    ['Mozambique', 'the ship came from Mozambique with a cargo of sugar'],
    ['Cardiff', 'they moved to Cardiff because of the new job'],
    ['penicillin', 'the doctor gave her penicillin for the infection'],
    ['malaria', 'many people fell ill with malaria during the summer'],
    ['Zurich', 'the bank in Zurich did not answer our letter'],
    ['croissant', 'i had a croissant and a cup of tea for breakfast'],
    ['Timbuktu', 'nobody in the village had been to Timbuktu before'],
    ['Archimedes', 'the story of Archimedes is told in every school'],
    ['Kathmandu', 'the road to Kathmandu was closed by the snow'],
    ['saxophone', 'his brother plays the saxophone in a small band'],
  ],
  without: [
    'the water in the lake was too cold to swim',
    'we can meet at the corner after work',
    'the old man told us a story about the war',
    'she opened the window and looked at the garden',
    'there was no room left on the evening train',
    'please put the books back on the shelf',
    'the pen is still in the box on the table',
    'her car was stuck in the snow for two hours',
    'the mayor will speak to the people tomorrow',
    'he is rich but he is not happy',
    'the wall of the house was painted white',
    'i fill up the bottle with water every day',
    'the market is open until six on friday',
    'we must tell the doctor about the pain',
    'all the lights went out when the storm began',
    'they sat at the fire and sang until late',
    'my father gave me his watch before he left',
    'the children ran along the beach in the rain',
  ],
  voices: ['flite:slt', 'espeak:en-us+m3', 'espeak:en+f2'],
}

/** For measuring: voices that it has never heard, other words. */
const test: KeytermSentences = {
  holding: [
    ['Priscilla', 'your sister Priscilla is waiting at the station'],
    ['Cordelia', 'the king gave nothing to Cordelia in the end'],
    ['Fitzgerald', 'the house belongs to mister Fitzgerald and his wife'],
    ['harpsichord', 'she played the harpsichord at the evening concert'],
    ['zucchini', 'we need zucchini and onions for the soup'],
    ['avalanche', 'the avalanche closed the road for three days'],
    ['Montgomery', 'i would like to speak to Montgomery about the money'],
    ['Lisbon', 'our plane to Lisbon was two hours late'],
    ['Gertrude', 'the dress was made by Gertrude for her daughter'],
    ['Wellington', 'they sailed from Wellington early in the spring'],
    ['Siobhan', 'tell Siobhan that dinner is ready'],
    ['Nakamura', 'the meeting with Nakamura starts after lunch'],
    ['Oppenheimer', 'the book about Oppenheimer is on the desk'],
    ['Kubernetes', 'we run the service on Kubernetes since last year'],
    ['glaucoma', 'her grandmother was treated for glaucoma in the city'],
    ['Kowalski', 'the name of the driver was Kowalski and he was tired'],
    ['Rutherford', 'the window was broken by Rutherford and his friends'],
    ['Reykjavik', 'it was raining in Reykjavik when we arrived'],
    ['ibuprofen', 'take some ibuprofen and go to bed early'],
    ['Bratislava', 'the bus to Bratislava stops behind the church'],
    ['bassoon', 'he learned to play the bassoon when he was young'],
    ['Zanzibar', 'the island of Zanzibar is famous for its spices'],
  ],
  without: [
    'the pattern of the carpet is very old',
    'a balloon was flying over the field this afternoon',
    'he listened to the radio in the kitchen',
    'the prince is still in the castle with his men',
    'we went to the coast but the hotel was closed',
    'open the door and let the dog out',
    'the gardener cut the grass on monday',
    'it is better to go home before the rain',
    'she sold the car and bought a bicycle',
    'the teacher asked a question and nobody knew the answer',
    'they were willing to pay for the damage',
    'my cousin can not come to the party',
    'there is a letter for you on the table',
    'the soldiers marched along the river at night',
    'i have never seen so many birds in one place',
    'the bread is fresh and the butter is soft',
    'he put his hand in his pocket and found a key',
    'the museum is free on the first sunday of the month',
    'we will paint the kitchen yellow next week',
    'the cat was asleep on top of the heavy box',
    'you can leave your coat in the other room',
    'the doctor says that i should walk every day',
  ],
  voices: ['flite:rms', 'espeak:en-us+Annie', 'espeak:en-us+Andy', 'espeak:en-us+f3', 'espeak:en+m7'],
}

export const keytermSentences = { tuning, test }
