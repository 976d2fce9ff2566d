/**
 * What other tools and people call a field, in small letters and digits alone: the names that mean nothing else first, then
 * those that often mean it.
 */
export const synonyms: Readonly<Record<string, { readonly sure: readonly string[]; readonly likely: readonly string[] }>> = {
  email: {
    sure: ['email', 'mail', 'emailaddress', 'mailaddress', 'emailadresse', 'mailadresse', 'correo', 'correoelectronico', 'courriel', 'adresseemail', 'primaryemail', 'contactemail', 'subscriberemail', 'workemail', 'useremail'],
    likely: ['address', 'contact', 'login', 'username', 'emailid'],
  },
  firstName: { sure: ['firstname', 'givenname', 'forename', 'vorname', 'prenom', 'fname'], likely: ['first', 'nombre', 'contactfirstname'] },
  lastName: { sure: ['lastname', 'surname', 'familyname', 'nachname', 'apellido', 'apellidos', 'lname', 'nomdefamille'], likely: ['last', 'nom', 'name'] },
  company: { sure: ['company', 'companyname', 'organization', 'organisation', 'organizationname', 'firma', 'unternehmen', 'entreprise', 'empresa', 'societe'], likely: ['account', 'accountname', 'employer', 'business'] },
  jobTitle: { sure: ['jobtitle', 'jobrole', 'position', 'berufsbezeichnung', 'fonction', 'cargo'], likely: ['title', 'role', 'job', 'function', 'funktion'] },
  phone: { sure: ['phone', 'phonenumber', 'telephone', 'telefon', 'telefonnummer', 'mobile', 'mobilephone', 'mobilenumber', 'cellphone', 'telefono', 'handy'], likely: ['tel', 'cell', 'mobil', 'fon'] },
  country: { sure: ['country', 'countryname', 'countryregion', 'land', 'pays', 'pais'], likely: ['nation', 'countrycode'] },
  state: { sure: ['state', 'province', 'stateprovince', 'stateregion', 'bundesland', 'provincia'], likely: ['region', 'county'] },
  city: { sure: ['city', 'town', 'stadt', 'ville', 'ciudad'], likely: ['ort', 'locality', 'place'] },
  timezone: { sure: ['timezone', 'zeitzone', 'fuseauhoraire'], likely: ['tz', 'zone'] },
  subscriptionStatus: { sure: ['subscriptionstatus', 'emailstatus', 'marketingstatus', 'optinstatus', 'subscriberstatus', 'consentstatus'], likely: ['status', 'subscription', 'optin', 'subscribed', 'consent'] },
  leadScore: { sure: ['leadscore', 'hubspotscore', 'contactscore'], likely: ['score', 'points', 'rating', 'punkte'] },
  tags: { sure: ['tags', 'labels', 'schlagworte', 'etiquetas', 'etiquettes'], likely: ['tag', 'label', 'keywords', 'categories', 'lists', 'groups'] },
  source: { sure: ['source', 'leadsource', 'originalsource', 'quelle', 'herkunft'], likely: ['channel', 'origin', 'utmsource', 'referrer'] },
  createdAt: { sure: ['createdat', 'createdate', 'datecreated', 'createdon', 'signupdate', 'signedupat', 'registrationdate', 'registeredat', 'optintime', 'erstelltam'], likely: ['created', 'signup', 'joined', 'dateadded', 'addedon', 'addedat', 'timestampsignup', 'subscribedat'] },
};

/** The same of events. */
export const eventSynonyms: typeof synonyms = {
  id: { sure: ['eventid', 'uuid'], likely: ['id', 'transactionid', 'orderid', 'purchaseid', 'messageid'] },
  type: { sure: ['eventtype', 'eventname', 'ereignis'], likely: ['type', 'event', 'action', 'activity', 'typ'] },
  email: { sure: [...synonyms['email']?.sure ?? [], 'recipient', 'recipientemail', 'customeremail'], likely: ['address', 'contact', 'to', 'user', 'customer'] },
  contactId: { sure: ['contactid'], likely: [] },
  occurredAt: {
    sure: ['occurredat', 'timestamp', 'eventtime', 'eventdate', 'eventtimestamp', 'datetime', 'zeitpunkt'],
    likely: ['date', 'time', 'at', 'createdat', 'when', 'purchasedate', 'orderdate', 'senttime', 'clicktime', 'opentime', 'datum'],
  },
  campaignId: { sure: ['campaignid', 'kampagne'], likely: ['campaign', 'campaignname', 'mailing', 'newsletter', 'utmcampaign'] },
  url: { sure: ['url', 'link', 'clickedurl', 'linkurl'], likely: ['page', 'href', 'target'] },
  device: { sure: ['device', 'devicetype', 'geraet'], likely: ['useragent', 'client', 'platform'] },
  revenue: { sure: ['revenue', 'umsatz'], likely: ['amount', 'value', 'total', 'price', 'dollarvalue', 'ordertotal', 'ordervalue', 'betrag', 'sales'] },
  properties: { sure: ['eventproperties', 'metadata'], likely: ['payload'] },
};

/** What other tools call an event type. */
export const typeWords: Readonly<Record<string, string>> = {
  send: 'sent', delivery: 'delivered', deliver: 'delivered', open: 'opened', opens: 'opened', click: 'clicked', clicks: 'clicked', reply: 'replied', bounce: 'bounced',
  hardbounce: 'bounced', unsubscribe: 'unsubscribed', unsub: 'unsubscribed', optout: 'unsubscribed', spam: 'complained', spamreport: 'complained', complaint: 'complained',
  conversion: 'converted', convert: 'converted', purchase: 'converted', order: 'converted', sale: 'converted',
};

/** What other tools call a subscription status. */
export const statusWords: Readonly<Record<string, string>> = {
  subscribed: 'active', optin: 'active', optedin: 'active', confirmed: 'active', enabled: 'active', aktiv: 'active', abonniert: 'active',
  optout: 'unsubscribed', optedout: 'unsubscribed', unsubscribe: 'unsubscribed', removed: 'unsubscribed', abgemeldet: 'unsubscribed', inactive: 'unsubscribed',
  bounce: 'bounced', hardbounce: 'bounced', hardbounced: 'bounced', cleaned: 'bounced', undeliverable: 'bounced',
  complaint: 'complained', spam: 'complained', spamcomplaint: 'complained', markedasspam: 'complained',
  unconfirmed: 'pending', notconfirmed: 'pending', waiting: 'pending', doubleoptinpending: 'pending',
};

/** Words for true and false beside those that are read without being told. */
export const truthWords: readonly (readonly [string, string])[] = [['ja', 'nein'], ['oui', 'non'], ['si', 'no'], ['sí', 'no'], ['on', 'off'], ['t', 'f'], ['j', 'n'], ['wahr', 'falsch'], ['vrai', 'faux'], ['enabled', 'disabled'], ['x', '-']];
